"""The event store's figures say what was measured, and the peers read what the relay writes."""

import re
from datetime import UTC, datetime

import pytest

from arena.chassis.bus.kafka.wire import Wire
from arena.contracts.registry import LEDGER
from bench import peer_projects
from bench.event_store import BOUND, OURS, Run, figures, records
from bench.peers.event_table import row


def runs(*rates: float) -> list[Run]:
    return [Run(rate, 5.0) for rate in rates]


def measured(ours: float, wrong: int = 0) -> dict[str, bool]:
    sides = {OURS: runs(ours, ours), BOUND: runs(100, 100), "slow": runs(10), "quick": runs(30)}
    return {figure.name: figure.met for figure in figures(sides, wrong)}


def test_the_bars_are_seven_tenths_of_the_bound_and_two_and_a_half_times_the_best_peer() -> None:
    assert measured(75.1) == {"events_from_kafka_of_bound": True, "events_from_kafka_of_peer": True, "events_not_once_after_a_kill": True}
    assert measured(74.9)["events_from_kafka_of_peer"] is False
    assert measured(69.9)["events_from_kafka_of_bound"] is False


def test_a_single_event_that_is_not_there_once_misses() -> None:
    assert measured(80, wrong=1)["events_not_once_after_a_kill"] is False


def test_a_peer_reads_from_a_message_what_the_log_has() -> None:
    [record] = records(1)
    assert isinstance(record.payload, str)
    message = Wire(LEDGER.name, 16).message(record, record.payload.encode())
    found = row(record.partition, record.position - 1, message.value or b"", message.headers)
    assert (found.partition, found.position, found.at, str(found.user_id)) == (record.partition, 1, record.at, record.key)
    assert found.at < datetime.now(UTC)


@pytest.mark.parametrize("peer", peer_projects.PEERS)
def test_the_lock_of_a_peer_pins_everything_by_its_hash_and_names_no_address(peer: str) -> None:
    lock = (peer_projects.HERE / peer / "requirements.txt").read_text("utf-8")
    assert "//" not in lock
    pins = re.findall(r"^[^\s#].*", lock, re.MULTILINE)
    assert pins
    assert all(" \\" in pin and "==" in pin for pin in pins)
