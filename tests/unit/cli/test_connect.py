"""To whom a command speaks."""

import pytest
import typer

from arena.chassis.core.settings import Settings
from arena.cli.connect import account, address, address_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - an address to be translated, not served on
        ("::", "http://[::1]:8000"),
        ("arena.example.org", "http://arena.example.org:8000"),
    ],
)
def test_the_platform_is_met_where_its_settings_let_it_serve(host: str, url: str) -> None:
    assert address_of(Settings(host=host)) == url


def test_a_given_address_is_taken_without_its_last_stroke() -> None:
    assert address("https://arena.example.org/") == "https://arena.example.org"


@pytest.mark.parametrize("given", ["arena.example.org", "ftp://x", "http://", "http://x:99999", "http://[::1"])
def test_what_is_no_address_is_refused_with_an_example(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as refused:
        address(given)
    assert refused.value.exit_code == 2
    assert "--url is such as http://127.0.0.1:8000" in capsys.readouterr().err


def test_where_nobody_can_be_asked_the_missing_word_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115, PTH123 - closed with the test's process
    with pytest.raises(typer.Exit):
        account("a@example.org", None)
    assert "ARENA_PASSWORD" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        account(None, "x")
    assert "--email" in capsys.readouterr().err
    assert account("a@example.org", "x") == ("a@example.org", "x")
