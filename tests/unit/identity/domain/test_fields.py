"""What an e-mail address, a password, a display name and a locale may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.identity.domain.errors import DisplayNameInvalid, EmailInvalid, IdentityError, LocaleInvalid, PasswordRefused
from arena.identity.domain.fields import check_display_name, check_email, check_locale, check_password, find_email, secret_bytes


@pytest.mark.parametrize(
    ("given_email", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada@EXAMPLE.org\n", "ada@example.org"),
        ("ada+habits@sub.example-one.org", "ada+habits@sub.example-one.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("root@localhost", "root@localhost"),
        ("jose\u0301@exa\u0308mple.org", "jos\u00e9@ex\u00e4mple.org"),
        ("STRA\u1e9eE@example.org", "stra\u00dfe@example.org"),
        ("a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 61, "a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 61),
    ],
)
def test_an_address_has_one_form(given_email: str, kept: str) -> None:
    assert check_email(given_email) == kept
    assert check_email(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@", "ada@", "@example.org", "a da@example.org", "ada@exa mple.org", "a@b@c.org"),
        *("ada@.org", "ada@example..org", "ada@example.org.", "ada@-example.org", "ada@example-.org"),
        *("<ada@example.org>", "ada,bob@example.org", 'a"b@example.org', "a@" + "b" * 64 + ".org"),
        *("ada\u202e@example.org", "ada\x00@example.org", "ada\u200b@example.org", "ada@exa\u00admple.org", "ada\ud800@example.org"),
        *("a" * 65 + "@example.org", "a" * 64 + "@" + ("b" * 60 + ".") * 3 + "c" * 8),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(EmailInvalid) as refused:
        check_email(text)
    assert refused.value.field == "email"
    assert find_email(text) is None


def test_an_address_has_at_most_254_characters() -> None:
    domain = ".".join(["b" * 63] * 3)
    assert len(check_email("a" * (254 - len(domain) - 1) + "@" + domain)) == 254
    with pytest.raises(EmailInvalid):
        check_email("a" * (255 - len(domain) - 1) + "@" + domain)


@given(st.text(max_size=300))
def test_any_text_is_kept_in_one_form_or_refused(text: str) -> None:
    kept = find_email(text)
    assert kept is None or find_email(kept) == kept
    assert kept is None or kept.encode()


@pytest.mark.parametrize(
    "password", ["12345678", "x" * 256, "pass word with spaces", "\u00fcn\u00efc\u00f6de\U0001f642", "ada@example.com"]
)
def test_length_makes_a_password(password: str) -> None:
    assert check_password(password, "ada@example.org") == password


@pytest.mark.parametrize(
    "password", ["", "1234567", "x" * 257, "ADA@example.org", "tab\tinside it", "nul\x00 inside", "half \ud800 a pair"]
)
def test_a_bad_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_password(password, "ada@example.org", field="new")
    assert refused.value.field == "new"
    assert not password or password not in refused.value.detail


def test_the_same_password_typed_on_another_system_is_the_same() -> None:
    assert secret_bytes("caf\u00e9") == secret_bytes("cafe\u0301")
    assert check_password("cafe\u0301 caf\u00e9", "") == "caf\u00e9 caf\u00e9"


@given(st.text())
def test_any_text_can_be_compared_with_a_password(text: str) -> None:
    assert isinstance(secret_bytes(text), bytes)
    assert secret_bytes("\ud800") != secret_bytes("?")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("Jose\u0301", "Jos\u00e9"),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("x" * 80, "x" * 80),
        ("!", "!"),
    ],
)
def test_a_name_is_kept_as_people_write_it(text: str, kept: str) -> None:
    assert check_display_name(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "x" * 81,
        "a\nb",
        "a\x7fb",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\ufeffb",
        "a\u2028b",
        "a\ud800b",
        "\u200d",
        "\u200d \u200c",
        "\u0301",
    ],
)
def test_a_name_hides_and_reorders_nothing(text: str) -> None:
    with pytest.raises(DisplayNameInvalid) as refused:
        check_display_name(text)
    assert refused.value.field == "display_name"


@given(st.text(max_size=90))
def test_a_name_that_is_kept_is_kept_again(text: str) -> None:
    try:
        kept = check_display_name(text)
    except IdentityError:
        return
    assert check_display_name(kept) == kept
    assert 1 <= len(kept) <= 80


@pytest.mark.parametrize(
    ("tag", "kept"), [("en", "en"), ("DE-at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("haw", "haw")]
)
def test_a_locale_is_a_language_tag(tag: str, kept: str) -> None:
    assert check_locale(tag) == kept


@pytest.mark.parametrize("tag", ["", "e", "german", "de_AT", "de-", "de-AUT", "en-US-x-y", "en\n", " en"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(LocaleInvalid):
        check_locale(tag)
