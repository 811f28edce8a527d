"""From an older release to today's, back, and to today's again, while people log, watch and open pages: nobody notices."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from arena.cli.verify import judge
from arena.split.migrating import NEWER, UP_TO_DATE
from tests.chaos.load import until_phase
from tests.cluster.node.clients import Clients
from tests.cluster.node.crowd import POINTS, Crowd, begin_battle
from tests.cluster.node.database import SETTINGS, Database
from tests.cluster.node.figures import keep_figures
from tests.cluster.node.node import Node
from tests.cluster.node.older import VERSION, write_older
from tests.cluster.node.release import INSTALL_SECONDS, Images, Release
from tests.cluster.node.watching import Watcher
from tools import images as ours

OLDER = f"habitarena/services:{VERSION}"
COMPONENTS = {"api", "live", "web", "workers"}
EVENTS = "select payload from log.event where type = 'PhaseChanged' and key = %s order by position"
PARKED = "select table_schema from information_schema.tables where table_name = 'parked'"

pytestmark = pytest.mark.timeout(600)


@dataclass(slots=True)
class Story:
    """What was seen on the way."""

    crowd: Crowd
    clients: Clients
    watcher: Watcher
    images: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Step → component → images of its pods."""
    migrations: dict[str, str] = field(default_factory=dict)
    """Step → what its migration said."""
    revisions: dict[str, str] = field(default_factory=dict)
    """Step → revision of identity's schema."""
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Battle → the events by which its phases were told."""
    parked: int = 0
    """How many events could not be applied."""
    consent: dict[str, bool] = field(default_factory=dict)
    """Step → whether somebody who agreed to be named is seen to agree."""
    results: dict[str, str] = field(default_factory=dict)
    """Battle → its result document."""
    replayed: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Release and battle → what it recomputes."""


class Journey:
    """One installation that changes its version."""

    def __init__(self, arena: Release, database: Database, today: str, crowd: Crowd) -> None:
        self.arena = arena
        self.database = database
        self.today = today
        self.crowd = crowd
        token = crowd.writers[0].token
        self.story = Story(crowd, Clients(arena, crowd.writers, crowd.battle_id), Watcher(arena.url("live"), token, UUID(crowd.battle_id)))

    async def make(self) -> Story:
        """There, back, and there again."""
        story, me = self.story, self.crowd.writers[0]
        await self._note("installed")
        battles = {"begun by the older": await self._begin(), "called off by the older": await self._call_off()}
        watching = asyncio.create_task(story.watcher.watch())
        async with story.clients.asking(), httpx.AsyncClient(base_url=self.crowd.url, headers=me.headers, timeout=30) as http:
            await self._go("upgraded", self._upgrade)
            story.consent["upgraded"] = await self._me(http, share_name=True)
            await asyncio.to_thread(self._until_old_pods_are_gone)  # their workers would begin the next battle
            battles |= {"begun by today's": await self._begin(), "called off by today's": await self._call_off()}
            await self._go("rolled back", self._roll_back)
            story.consent["rolled back"] = await self._me(http, display_name="Somebody else")
            await self._end(http, {name: battle for name, battle in battles.items() if "begun" in name})
            await self._go("upgraded again", self._upgrade)
            story.consent["upgraded again"] = await self._me(http)
            await self._replay("today's", {name: battle for name, battle in battles.items() if "begun" in name})
        await self._until_seen(watching)
        for name, battle in battles.items():
            story.told[name] = [json.loads(payload) for (payload,) in await asyncio.to_thread(self.database.ask, EVENTS, battle)]
        for (schema,) in await asyncio.to_thread(self.database.ask, PARKED):
            ((parked,),) = await asyncio.to_thread(self.database.ask, f"select count(*) from {schema}.parked")
            story.parked += parked
        return story

    async def _begin(self) -> str:
        """A battle of a minute, which is the shortest, that runs."""
        return await begin_battle(self.crowd.url, self.crowd.writers, timedelta(minutes=1))

    async def _end(self, http: httpx.AsyncClient, battles: dict[str, str]) -> None:
        """Wait until the older release has ended them, and let it recompute what came out."""
        for name, battle in battles.items():
            await until_phase(http, battle, self.crowd.writers[0].headers, "final", seconds=90)
            self.story.results[name] = (await http.get(f"/api/battles/{battle}/result")).raise_for_status().text
        await self._replay("older", battles)

    async def _go(self, step: str, change: Callable[[], None]) -> None:
        began = time.monotonic()
        await asyncio.to_thread(change)
        keep_figures(upgrade_seconds={step: round(time.monotonic() - began, 1)})
        await self._note(step)

    async def _note(self, step: str) -> None:
        self.story.images[step] = await asyncio.to_thread(self._images)
        self.story.migrations[step] = await asyncio.to_thread(self._migration)
        ((self.story.revisions[step],),) = await asyncio.to_thread(self.database.ask, "select version_num from identity.alembic_version")

    def _upgrade(self) -> None:
        self.arena.install("arena", "arena", "--reset-then-reuse-values", "--set=image.tag=")
        self.arena.wait_ready()

    def _roll_back(self) -> None:
        self.arena.helm("rollback", "arena", "--wait", f"--timeout={INSTALL_SECONDS}s")
        self.arena.wait_ready()

    def _until_old_pods_are_gone(self) -> None:
        about = ("get", "pods", "-o", "jsonpath={.items[*].metadata.deletionTimestamp}")
        self.arena.node.cluster.eventually(lambda: not self.arena.kubectl(*about).strip(), "old pods do not end", 60)

    def _images(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for pod in self.arena.pods():
            component = pod["metadata"]["labels"].get("app.kubernetes.io/component")
            if component in COMPONENTS:
                found.setdefault(component, set()).update(one["image"] for one in pod["spec"]["containers"])
        return found

    def _migration(self) -> str:
        jobs = json.loads(self.arena.kubectl("get", "jobs", "-lapp.kubernetes.io/component=migrate", "-o", "json"))["items"]
        newest = max((job["metadata"] for job in jobs), key=lambda about: str(about["creationTimestamp"]))["name"]
        self.arena.kubectl("wait", "--for=condition=Complete", "--timeout=60s", f"job/{newest}")
        return self.arena.kubectl("logs", f"job/{newest}")

    async def _call_off(self) -> str:
        """Open a battle and cancel it."""
        start = datetime.now(UTC) + timedelta(hours=1)
        window = {"start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M}", "time_zone": "UTC"}
        body = {"name": "Called off", "kind": "free_for_all", "window": window, "invite_only": False}
        async with httpx.AsyncClient(base_url=self.crowd.url, headers=self.crowd.writers[0].headers, timeout=30) as http:
            battle = str((await http.post("/api/battles", json=body)).raise_for_status().json()["id"])
            for step in ("open", "cancel"):
                (await http.post(f"/api/battles/{battle}/{step}")).raise_for_status()
        return battle

    async def _me(self, http: httpx.AsyncClient, **changes: object) -> bool:
        """Change one's profile, then see whether it says that one's name is shown."""
        if changes:
            (await http.patch("/api/identity/me", json=changes)).raise_for_status()
        return bool((await http.get("/api/identity/me")).raise_for_status().json()["share_name"])

    async def _replay(self, release: str, battles: dict[str, str]) -> None:
        """Recompute results in a pod, as whoever runs the platform would."""
        pod = (await asyncio.to_thread(self.arena.pods, "workers"))[0]["metadata"]["name"]
        for name, battle in battles.items():
            told = await asyncio.to_thread(self.arena.kubectl, "exec", pod, "--", "arena", "replay", "battle", battle, "--json")
            self.story.replayed[release, name] = json.loads(told)

    async def _until_seen(self, watching: asyncio.Task[None]) -> None:
        """Wait until the watcher has seen the last standings."""
        best = max(POINTS * len(writer.promised) for writer in self.crowd.writers)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(30):
                    while self.story.watcher.score != best:  # noqa: ASYNC110 - a watcher only writes down what it sees
                        await asyncio.sleep(0.1)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


@pytest.fixture(scope="module")
def story(node: Node, images: Images, new_release: Callable[[], Release], tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole way, once."""
    workspace = tmp_path_factory.mktemp("older")
    archive = write_older(ours.BUILT / "services.tar", node.home / "older.tar", workspace)
    node.import_image(archive)
    Path(archive).unlink()
    arena = new_release()
    database = Database.begin(arena, images.services)
    arena.install("arena", "arena", "--set=registration=open", f"--set=image.tag={VERSION}", *SETTINGS)
    arena.wait_answering()

    async def make() -> Story:
        return await Journey(arena, database, images.services, await Crowd.gather(arena)).make()

    return asyncio.run(make())


def test_no_request_fails_that_is_made_once_more(story: Story) -> None:
    keep_figures(upgrade_requests={"asked": story.clients.asked, "asked again": len(story.clients.again)})
    assert story.clients.failed == []


def test_nothing_promised_is_lost_or_doubled_and_the_standings_say_the_same(story: Story) -> None:
    asyncio.run(story.crowd.check_promises())


def test_after_each_step_all_pods_are_of_its_release(story: Story, images: Images) -> None:
    expected = {"installed": OLDER, "upgraded": images.services, "rolled back": OLDER, "upgraded again": images.services}
    assert story.images == {step: {component: {image} for component in COMPONENTS} for step, image in expected.items()}


def test_the_older_migration_leaves_the_newer_schema_alone_and_says_so(story: Story) -> None:
    assert story.revisions == {"installed": "0001", "upgraded": "0002", "rolled back": "0002", "upgraded again": "0002"}
    said = {step: NEWER if NEWER in told else UP_TO_DATE if UP_TO_DATE in told else told for step, told in story.migrations.items()}
    assert said == {"installed": UP_TO_DATE, "upgraded": UP_TO_DATE, "rolled back": NEWER, "upgraded again": UP_TO_DATE}


def test_what_only_the_newer_release_knows_outlives_the_older(story: Story) -> None:
    assert story.consent == {"upgraded": True, "rolled back": False, "upgraded again": True}


def test_each_release_reads_the_events_of_the_other(story: Story) -> None:
    reasons = {name: [told.get("reason", "untold") for told in events] for name, events in story.told.items()}
    assert reasons["called off by the older"] == ["untold"]
    assert reasons["called off by today's"] == ["owner"]
    assert reasons["begun by the older"][0] == "untold"
    assert reasons["begun by today's"][0] is None
    assert story.parked == 0


def test_battles_that_end_on_the_way_have_one_result_for_both_releases(story: Story) -> None:
    assert len(story.replayed) == 4
    for (_, name), told in story.replayed.items():
        verdict = judge(story.results[name])
        assert verdict.wrong == []
        assert told["ok"]
        assert set(told["hashes"].values()) == {verdict.computed}


def test_a_watcher_sees_revisions_in_order_and_the_last(story: Story) -> None:
    assert story.watcher.resumed > 0
    assert story.watcher.seen == sorted(story.watcher.seen)
    assert story.watcher.score == max(POINTS * len(writer.promised) for writer in story.crowd.writers)
