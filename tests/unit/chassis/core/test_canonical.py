"""RFC 8785: the known answers of the RFC itself, and what has no canonical form."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.chassis.core.canonical import NotCanonical, canonical_json, sha256_hex


@pytest.mark.parametrize(
    ("bits", "text"),
    # RFC 8785, appendix B: IEEE 754 double, as hexadecimal, and its JSON text.
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number) == text.encode()


def test_the_example_of_the_rfc_has_the_bytes_of_the_rfc() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(value) == expected.encode()


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    # RFC 8785, section 3.2.3: the emoji comes before U+FB33, for its first code unit is U+D83D.
    assert list(json.loads(canonical_json(value)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_only_what_must_be_is_escaped() -> None:
    assert canonical_json('\b\t\n\f\r"\\\x00\x1f\x7f/é€😀') == b'"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f\x7f/' + 'é€😀"'.encode()


def test_nothing_is_normalised() -> None:
    assert canonical_json("A\u030a") != canonical_json("\u00c5")


def test_there_is_no_white_space_and_an_order_at_every_depth() -> None:
    assert canonical_json({"b": [{"d": 1, "c": ()}], "a": {}}) == b'{"a":{},"b":[{"c":[],"d":1}]}'


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53) + 1, 0])
def test_whole_numbers_that_json_carries_exactly_are_written_in_full(number: int) -> None:
    assert canonical_json(number) == str(number).encode()


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [2**53, -(2**53), math.nan, math.inf, -math.inf, "\ud800", {"\udc00": 1}, {1: 2}, {None: 1}, b"bytes", object(), {1, 2}, [object()]],
)
def test_what_json_cannot_carry_has_no_canonical_form(value: object) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical_json(value)
    assert str(refused.value)


def test_what_is_nested_too_deeply_has_no_canonical_form() -> None:
    with pytest.raises(NotCanonical):
        canonical_json(nested(100_000))


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_the_form_says_the_same_value_and_is_its_own_form(value: Any) -> None:
    form = canonical_json(value)
    # Every JSON number is a double: a large one may be written without point and exponent.
    read = json.loads(form, parse_int=float)
    assert read == value
    assert canonical_json(read) == form


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(), values, max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_set_does_not_show(value: dict[str, Any], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical_json({key: value[key] for key in keys}) == canonical_json(value)


def test_a_hash_is_64_lower_case_digits() -> None:
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex(canonical_json({})) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
