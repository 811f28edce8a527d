"""The laptop form, end to end: a manifest is kept, the platform's process makes it true."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arena.chassis.core.ids import new_id
from arena.chassis.db.unit_of_work import Units
from arena.cli.verify import judge
from arena.embedded.resources import storage, use_cases
from arena.embedded.resources.objects import Given, manifest
from arena.embedded.testing import TestPlatform

Json = dict[str, Any]
PATIENCE = 15.0


def window(starts_in: float, lasts: float) -> Json:
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(seconds=starts_in)
    return {"start": start.isoformat(), "end": (start + timedelta(seconds=lasts)).isoformat(), "timeZone": "UTC", "graceMinutes": 0}


def battle(called: str = "office", starts_in: float = 3600, lasts: float = 3600, **spec: Any) -> Json:
    return {"kind": "Battle", "metadata": {"name": called}, "spec": {"kind": "FreeForAll", "window": window(starts_in, lasts)} | spec}


@pytest.fixture
def units(platform: TestPlatform) -> Units:
    return platform.parts.units["resources"]


async def apply(units: Units, wanted: Json) -> Json:
    async with units.begin() as uow:
        return manifest((await use_cases.apply(uow, Given.of(wanted), new_id))[1])


async def seen(units: Units, name: str = "office") -> Json | None:
    async with units.begin(read_only=True) as uow:
        found = await storage.find(uow, "Battle", "default", name)
        return None if found is None else manifest(found)


async def until(units: Units, called: str = "office", patience: float = PATIENCE, **wanted: Any) -> Json:
    found: Json | None = None
    try:
        async with asyncio.timeout(patience):
            while True:
                found = await seen(units, called)
                status = (found or {}).get("status", {})
                if found and all(status.get(key) == value for key, value in wanted.items()):
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not {wanted}: {found}")


async def until_gone(units: Units, name: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await seen(units, name) is not None:  # noqa: ASYNC110 - another task's transaction is awaited, which signals nobody
            await asyncio.sleep(0.1)


def condition(found: Json, kind: str) -> Json:
    return next(one for one in found["status"]["conditions"] if one["type"] == kind)


async def test_a_manifest_becomes_an_open_battle(platform: TestPlatform, units: Units) -> None:
    await apply(units, battle(inviteOnly=False))

    found = await until(units, phase="Open")

    ada = await platform.person("Ada")
    there = (await ada.http.get(f"/api/battles/{found['status']['battleId']}")).raise_for_status().json()
    assert (there["phase"], there["name"]) == ("open", "office")
    assert condition(found, "Accepted")["status"] == "True"
    assert condition(found, "CapacityReady")["reason"] in {"NotNeeded", "SingleProcess"}


async def test_an_edit_is_followed(platform: TestPlatform, units: Units) -> None:
    await apply(units, battle(inviteOnly=False))
    before = await until(units, phase="Open")

    await apply(units, battle(inviteOnly=False, name="Office week", maxParticipants=4))
    await until(units, observedGeneration=2)

    ada = await platform.person("Ada")
    there = (await ada.http.get(f"/api/battles/{before['status']['battleId']}")).json()
    assert (there["name"], there["max_participants"]) == ("Office week", 4)


async def test_a_window_in_the_past_is_refused_with_a_sentence(units: Units) -> None:
    await apply(units, battle(starts_in=-7200))

    found = await until(units, observedGeneration=1)

    accepted = condition(found, "Accepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "WindowInPast")
    assert condition(found, "Ready")["status"] == "False"


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_a_battle_is_followed_to_its_result(platform: TestPlatform, units: Units) -> None:
    await apply(units, battle(starts_in=4, lasts=60, inviteOnly=False, results={"configMap": "office-result"}))
    opened = await until(units, phase="Open")
    battle_id = opened["status"]["battleId"]
    for name in ("Ada", "Bo"):
        person = await platform.person(name)
        habit = (await person.http.post("/api/habits", json={"name": "Run", "kind": "yes_no", "schedule": {"type": "daily"}})).json()
        (await person.http.post(f"/api/battles/{battle_id}/participants", json={"habits": [habit["id"]]})).raise_for_status()

    final = await until(units, patience=90, phase="Final")

    assert condition(final, "Finalised")["status"] == "True"
    async with units.begin(read_only=True) as uow:
        kept = await storage.find_owned(uow, "ConfigMap", "default", "office-result")
    assert kept is not None
    verdict = judge(kept["data"]["result.json"])
    assert (verdict.wrong, verdict.computed) == ([], final["status"]["resultHash"])


async def test_deleting_the_resource_leaves_the_battle_unless_it_says_cancel(platform: TestPlatform, units: Units) -> None:
    ada = await platform.person("Ada")
    phases = {}
    for name, policy in (("kept", "Retain"), ("dropped", "Cancel")):
        await apply(units, battle(name, inviteOnly=False, deletionPolicy=policy))
        found = await until(units, name, phase="Open")
        async with units.begin() as uow:
            await use_cases.delete(uow, "Battle", "default", name)
        await until_gone(units, name)
        phases[name] = (await ada.http.get(f"/api/battles/{found['status']['battleId']}")).raise_for_status().json()["phase"]

    assert phases == {"kept": "open", "dropped": "cancelled"}


async def test_a_series_makes_its_next_battle(units: Units) -> None:
    spec = {
        "schedule": "0 * * * *",
        "timeZone": "UTC",
        "duration": "30m",
        "openBefore": "2h",
        "concurrencyPolicy": "Allow",
        "template": {"spec": {"kind": "FreeForAll", "window": {"graceMinutes": 0}}},
    }
    async with units.begin() as uow:
        await use_cases.apply(uow, Given("BattleSeries", "default", "hourly", {}, {}, spec), new_id)

    async with asyncio.timeout(PATIENCE):
        made: list[Any] = []
        while not made or not all(child.status.get("phase") == "Open" for child in made):
            await asyncio.sleep(0.1)
            async with units.begin(read_only=True) as uow:
                made = await storage.listing(uow, "Battle", "default")

    assert all(child.name.startswith("hourly-") and child.owner is not None for child in made)
