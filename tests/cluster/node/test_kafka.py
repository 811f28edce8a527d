"""The external profile over Kafka, in pods: what breaks is healed within its time, and nothing is lost, also on the way back to the log."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from arena.chassis.bus.kafka.lease import SECONDS as LEASE_SECONDS
from arena.cli.verify import judge
from arena.contracts.registry import LOGS
from tests.broker.broker import Broker
from tests.chaos.load import until_phase
from tests.cluster.node.crowd import MORE
from tests.cluster.node.faults import kill, remove
from tests.cluster.node.figures import keep_figures
from tests.cluster.node.node import Node
from tests.cluster.node.over_kafka import OverKafka
from tests.cluster.node.release import Images, Release
from tests.cluster.node.space import OUR_ADDRESS
from tests.cluster.scenarios.guide import Shell, blocks

TAKE_OVER_SECONDS = LEASE_SECONDS + 4
"""The lease of who was killed; then a look each second, and the beginning of a term on a busy machine."""
RECOVERY_SECONDS = 60
SESSION_SECONDS = 10
"""After which the broker misses a member of a group that says nothing; 45 as Kafka comes. Who leaves is not waited for."""
JOBS = ("install-cluster.md", "Prove the scores, or build them anew")
AGED = (
    "create table log.event_2025_04 partition of log.event for values from ('2025-04-01') to ('2025-05-01')",
    f"update log.event set at = '2025-04-15' where topic = {next(log.number for log in LOGS if log.name == 'identity.user')}",
)
"""What was told of accounts, as if it had been told long ago."""

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def kafka(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of this machine, which pods find at our end of the node's cable."""
    assert node
    settings = {"group.consumer.session.timeout.ms": str(SESSION_SECONDS * 1000)}
    with Broker(tmp_path_factory.mktemp("kafka"), settings=settings, host=OUR_ADDRESS).running() as made:
        yield made


@pytest.fixture(scope="module")
def over_kafka(images: Images, kafka: Broker, new_release: Callable[[], Release]) -> OverKafka:
    """One installation for all tests here."""
    return OverKafka.install(new_release(), kafka, images.services)


def test_all_that_happens_goes_over_kafka(over_kafka: OverKafka) -> None:
    over_kafka.outlive("nothing", lambda: None)
    over_kafka.until_kafka_has_the_log()
    ((events,),) = over_kafka.database.ask("select count(*) from log.event")
    # What happened before the topics were there, or while the machine was busy with something else, may have come from the log.
    assert over_kafka.metric("workers", "arena_kafka_missing") < events / 10
    assert over_kafka.metric("live", "arena_kafka_missing") < events / 10


def test_another_relay_carries_within_the_lease_of_one_that_was_killed(over_kafka: OverKafka) -> None:
    arena, took = over_kafka.arena, 0.0
    over_kafka.arena.node.cluster.eventually(lambda: len(over_kafka.holders()) == len(LOGS), "not all logs are carried")
    lost = set(over_kafka.holders().values())

    def carried_anew() -> bool:
        holders = over_kafka.holders()
        return len(holders) == len(LOGS) and not lost & set(holders.values())

    def fail() -> None:
        nonlocal took
        kill(arena, "relay")
        began = time.monotonic()
        arena.node.cluster.eventually(carried_anew, "nobody carries on")
        took = time.monotonic() - began

    over_kafka.outlive("the relay killed", fail)
    over_kafka.until_kafka_has_the_log()
    keep_figures(over_kafka_seconds={"another relay carries": round(took, 1)})
    assert took <= TAKE_OVER_SECONDS


def test_logs_are_taken_while_kafka_is_away_and_all_is_caught_up_when_it_is_back(over_kafka: OverKafka) -> None:
    def fail() -> None:
        over_kafka.broker.kill()
        behind = over_kafka.metric("relay", "arena_relay_lag")
        over_kafka.until_promised(MORE)
        over_kafka.arena.node.cluster.eventually(lambda: over_kafka.metric("relay", "arena_relay_lag") > behind, "the relay does not lag")
        over_kafka.broker.start()

    assert over_kafka.outlive("Kafka away", fail) <= RECOVERY_SECONDS
    over_kafka.until_kafka_has_the_log()


def test_killed_workers_are_replaced_and_every_promise_is_kept(over_kafka: OverKafka) -> None:
    assert over_kafka.outlive("the workers killed", lambda: kill(over_kafka.arena, "workers")) <= RECOVERY_SECONDS


def test_workers_that_are_told_to_stop_hand_over_at_once(over_kafka: OverKafka) -> None:
    def moved() -> float:
        return over_kafka.outlive("the workers moved", lambda: remove(over_kafka.arena, "workers"))

    # Brokers on a busy machine may not hear a goodbye: what misses the bar is measured once more.
    assert moved() < SESSION_SECONDS or moved() < SESSION_SECONDS


@pytest.mark.parametrize(("block", "said"), [(0, "nothing was changed"), (1, "scoring is rebuilt")])
def test_scores_are_proved_and_rebuilt_by_the_jobs_of_the_guide(over_kafka: OverKafka, tmp_path: Path, block: int, said: str) -> None:
    shell = Shell.of(over_kafka.arena.node.cluster, over_kafka.arena.namespace, tmp_path)
    told = shell.run(blocks(*JOBS)[block].replace("--namespace habitarena", ""))
    assert said in told


def test_an_old_month_moves_into_the_archive_where_the_pods_find_it(over_kafka: OverKafka) -> None:
    arena = over_kafka.arena
    for statement in AGED:
        over_kafka.database.do(statement)
    arena.kubectl("create", "job", "tonight", "--from=cronjob/arena-archive")
    arena.kubectl("wait", "--for=condition=Complete", "--timeout=60s", "job/tonight")
    assert "in the archive" in arena.kubectl("logs", "job/tonight")
    assert "manifest.json" in arena.kubectl("exec", "deployment/arena-workers", "--", "ls", "/archive/2025_04")


def test_a_battle_that_ended_meanwhile_has_the_result_that_the_log_gives(over_kafka: OverKafka) -> None:
    me = over_kafka.crowd.writers[0].headers

    async def result() -> str:
        async with httpx.AsyncClient(base_url=over_kafka.crowd.url, headers=me, timeout=30) as http:
            await until_phase(http, over_kafka.short, me, "final", seconds=90)
            return (await http.get(f"/api/battles/{over_kafka.short}/result")).raise_for_status().text

    verdict = judge(asyncio.run(result()))
    told = over_kafka.arena.kubectl("exec", "deployment/arena-workers", "--", "arena", "replay", "battle", over_kafka.short, "--json")
    assert verdict.wrong == []
    assert json.loads(told)["ok"]
    assert set(json.loads(told)["hashes"].values()) == {verdict.computed}


def test_switched_back_to_the_log_under_load_nothing_is_lost(over_kafka: OverKafka) -> None:
    def switch() -> None:
        over_kafka.arena.install("arena", "arena", "--reset-then-reuse-values", "--set=kafka.enabled=false")
        over_kafka.broker.kill()

    over_kafka.outlive("back to the log", switch)
    assert over_kafka.arena.pods("relay") == []
