"""Rate limits: exact counts in a moving window, households, and their price."""

import time
from uuid import uuid4

import pytest

from arena.chassis.core.errors import TooManyRequests
from arena.chassis.http.rate_limits import RateLimits, household


def test_the_first_sixty_sign_ins_of_a_minute_pass_and_the_next_is_told_when_to_come_back() -> None:
    limits = RateLimits()
    for _ in range(60):
        limits.count_sign_in("192.0.2.7")
    with pytest.raises(TooManyRequests) as refusal:
        limits.count_sign_in("192.0.2.7")
    assert refusal.value.retry_after is not None
    assert 50 < refusal.value.retry_after <= 60
    limits.count_sign_in("192.0.2.8")


def test_the_window_moves_on() -> None:
    limits, user = RateLimits(writes_per_second=2), uuid4()
    limits.count_write(user)
    limits.count_write(user)
    with pytest.raises(TooManyRequests):
        limits.count_write(user)
    time.sleep(1.05)
    limits.count_write(user)


def test_addresses_of_one_ipv6_household_count_together() -> None:
    assert household("2001:db8:1:2::1") == household("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert household("2001:db8:1:3::1") != household("2001:db8:1:2::1")
    assert household("192.0.2.1") == "192.0.2.1"
    assert household("unix socket") == "unix socket"


@pytest.mark.speed
def test_counting_costs_less_than_twenty_microseconds_of_processor_time() -> None:
    limits = RateLimits(writes_per_second=1000)
    users = [uuid4() for _ in range(2000)]
    began = time.process_time()
    for user in users * 3:
        limits.count_write(user)
    assert (time.process_time() - began) / 6000 < 20e-6
