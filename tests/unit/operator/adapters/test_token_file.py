"""The token is read again when the kubelet has replaced it, and not for every call."""

from pathlib import Path

import pytest

from arena_operator.adapters.token_file import TokenFile


def test_a_token_that_was_replaced_is_seen_after_a_moment(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "token"
    file.write_text("one\n")
    token = TokenFile(file, lambda: now[0])
    assert token() == "one"
    file.write_text("another\n")
    assert token() == "one"
    now[0] = 11
    assert token() == "another"


def test_after_a_refusal_one_looks_at_once(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one")
    token = TokenFile(file, lambda: 0.0)
    assert token() == "one"
    file.write_text("another")
    token.look()
    assert token() == "another"


def test_a_token_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        TokenFile(tmp_path / "none")()
