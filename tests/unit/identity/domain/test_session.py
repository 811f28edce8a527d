"""What a refresh token deserves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.contracts.ids import UserId
from arena.identity.domain.session import GRACE, IDLE, Session, Verdict, digest_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ID = UUID(int=1)
FIRST, SECOND, THIRD = (bytes([n]) * 32 for n in (1, 2, 3))
MOMENT = timedelta(microseconds=1)


def fresh() -> Session:
    return Session.begin(ID, UserId(ID), FIRST, NOW)


def rotated() -> Session:
    return fresh().rotate(FIRST, SECOND, NOW + timedelta(hours=1))


def test_the_current_token_is_rotated_until_it_is_thirty_days_old() -> None:
    assert fresh().judge(FIRST, NOW) is Verdict.ROTATE
    assert fresh().judge(FIRST, NOW + IDLE - MOMENT) is Verdict.ROTATE
    assert fresh().judge(FIRST, NOW + IDLE) is Verdict.EXPIRED
    assert timedelta(days=30) == IDLE


def test_each_use_gives_another_thirty_days() -> None:
    assert rotated().expires_at == NOW + timedelta(hours=1) + IDLE


def test_the_token_before_gets_the_same_successor_for_ten_seconds() -> None:
    at = rotated().rotated_at
    assert rotated().judge(FIRST, at) is Verdict.REPLAY
    assert rotated().judge(FIRST, at + GRACE - MOMENT) is Verdict.REPLAY
    assert rotated().successor_of(FIRST) == SECOND
    assert timedelta(seconds=10) == GRACE


def test_after_that_the_token_before_counts_as_used_twice() -> None:
    assert rotated().judge(FIRST, rotated().rotated_at + GRACE) is Verdict.REUSED


def test_a_token_two_steps_back_counts_as_used_twice_at_once() -> None:
    later = rotated().rotate(SECOND, THIRD, rotated().rotated_at)
    assert later.judge(FIRST, later.rotated_at) is Verdict.REUSED
    assert later.judge(SECOND, later.rotated_at) is Verdict.REPLAY
    assert later.judge(THIRD, later.rotated_at) is Verdict.ROTATE


def test_of_an_expired_session_every_token_is_expired() -> None:
    assert rotated().judge(FIRST, rotated().expires_at) is Verdict.EXPIRED


def test_a_session_of_one_token_has_no_successor_to_tell() -> None:
    with pytest.raises(ValueError, match="one token"):
        fresh().successor_of(FIRST)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_the_successor_is_sealed_for_the_holder_of_the_token_before(token: bytes, successor: bytes) -> None:
    session = Session.begin(ID, UserId(ID), token, NOW).rotate(token, successor, NOW)
    assert session.successor_of(token) == successor
    assert session.sealed != successor
    assert session.successor_of(bytes(32) if token != bytes(32) else FIRST) != successor
    assert session.current == digest_of(successor)
    assert session.previous == digest_of(token)
