"""The laptop's resources as tables: applied, changed, deleted as an API server would."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.ids import new_id
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import Units
from arena.chassis.testing.databases import TestDatabase
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.resources import storage, use_cases
from arena.embedded.resources.objects import Given, manifest
from arena.embedded.resources.storage import RESOURCE_DUE, Resource
from arena.embedded.resources.store import LocalStore
from arena.embedded.resources.use_cases import Became
from arena_operator.crd.manifest import FINALIZER, read_meta
from arena_operator.crd.status import BattleStatus
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import Notice

SPEC: dict[str, Any] = {"kind": "FreeForAll", "window": {"start": "2026-12-01T08:00:00", "end": "2026-12-08T08:00:00", "timeZone": "UTC"}}
PLACE = ("Battle", "default", "office")


@pytest.fixture
async def units(database: TestDatabase) -> AsyncIterator[Units]:
    opened = open_units(database.url("resources"), Catalogue(LOGS, partition_of))
    yield opened
    await opened.engine.dispose()


def given(**changes: Any) -> Given:
    meta = {"name": "office"} | changes.pop("metadata", {})
    return Given.of({"kind": "Battle", "metadata": meta, "spec": SPEC | changes})


async def apply(units: Units, wanted: Given) -> tuple[Became, Resource]:
    async with units.begin() as uow:
        return await use_cases.apply(uow, wanted, new_id)


async def due(units: Units) -> list[str]:
    async with units.begin(read_only=True) as uow:
        return [row.key for row in await uow.connection.execute(text("select key from due where kind = :kind"), {"kind": RESOURCE_DUE})]


async def held_by_finalizer(units: Units) -> Resource:
    _, made = await apply(units, given())
    async with units.begin() as uow:
        meta = read_meta(manifest(made))
        await LocalStore(uow).write(meta, finalizers=(FINALIZER,))
    return made


async def test_applying_the_same_again_changes_nothing(units: Units) -> None:
    first, made = await apply(units, given())
    second, same = await apply(units, given())

    assert (first, second) == (Became.CREATED, Became.UNCHANGED)
    assert (same.resource_version, same.generation) == (made.resource_version, 1)
    assert await due(units) == [str(made.uid)]


async def test_the_generation_counts_changes_of_the_spec_only(units: Units) -> None:
    await apply(units, given())

    labelled, _ = await apply(units, given(metadata={"labels": {"team": "blue"}}))
    changed, after = await apply(units, given(metadata={"labels": {"team": "blue"}}, maxParticipants=4))

    assert (labelled, changed, after.generation, after.resource_version) == (Became.CONFIGURED, Became.CONFIGURED, 2, 3)


async def test_a_resource_with_a_finaliser_goes_when_the_last_one_is_taken_off(units: Units) -> None:
    await held_by_finalizer(units)

    async with units.begin() as uow:
        going = await use_cases.delete(uow, *PLACE)
    assert going.deleting_since is not None

    async with units.begin() as uow:
        again = await use_cases.delete(uow, *PLACE)
        assert again.deleting_since == going.deleting_since
        await LocalStore(uow).write(read_meta(manifest(again)), finalizers=())
    async with units.begin(read_only=True) as uow:
        assert await storage.find(uow, *PLACE) is None
    assert await due(units) == []


async def test_what_is_being_deleted_cannot_be_applied(units: Units) -> None:
    await held_by_finalizer(units)
    async with units.begin() as uow:
        await use_cases.delete(uow, *PLACE)

    with pytest.raises(use_cases.BeingDeleted, match="default/office is being deleted"):
        await apply(units, given(maxParticipants=3))


async def test_what_is_not_there_is_named(units: Units) -> None:
    async with units.begin() as uow:
        with pytest.raises(use_cases.ResourceNotFound, match="There is no Battle default/office"):
            await use_cases.delete(uow, *PLACE)


async def test_a_write_over_a_newer_version_is_refused(units: Units) -> None:
    _, made = await apply(units, given())
    await apply(units, given(maxParticipants=4))

    async with units.begin() as uow:
        with pytest.raises(Moved):
            await LocalStore(uow).write(read_meta(manifest(made)), status=BattleStatus(phase="Open"))


async def test_a_status_is_read_back_as_it_was_written(units: Units) -> None:
    _, made = await apply(units, given())
    status = BattleStatus(observed_generation=1, phase="Open", battle_id=UUID(int=7), participants=2)

    async with units.begin() as uow:
        meta = await LocalStore(uow).write(read_meta(manifest(made)), status=status)
    async with units.begin(read_only=True) as uow:
        found = await use_cases.find(uow, *PLACE)

    assert found.status["phase"] == "Open"
    assert (found.status["battleId"], meta.resource_version, meta.generation) == (str(UUID(int=7)), "2", 1)


async def test_an_owned_name_is_not_taken_from_another_resource(units: Units) -> None:
    _, one = await apply(units, given())
    _, other = await apply(units, given(metadata={"name": "other"}))
    result = {"kind": "ConfigMap", "metadata": {"name": "result"}, "data": {"result.json": "{}"}}

    async with units.begin() as uow:
        store = LocalStore(uow)
        await store.ensure(read_meta(manifest(one)), result)
        await store.ensure(read_meta(manifest(one)), result)
        with pytest.raises(Unmade, match="ConfigMap default/result belongs to another resource"):
            await store.ensure(read_meta(manifest(other)), result)
        assert list((await store.owned(read_meta(manifest(one))))[0]) == ["ConfigMap/result"]


async def test_what_is_told_twice_counts_up(units: Units) -> None:
    _, made = await apply(units, given())
    notice = Notice("Opened", "People can join.")

    for _ in range(2):
        async with units.begin() as uow:
            await LocalStore(uow).tell(read_meta(manifest(made)), [notice])

    async with units.begin(read_only=True) as uow:
        [told] = await storage.told(uow, made.uid)
    assert (told.reason, told.times, told.warning) == ("Opened", 2, False)


async def test_a_series_goes_after_its_battles(units: Units) -> None:
    _, series = await apply(units, Given("BattleSeries", "default", "weekly", {}, {}, {"schedule": "0 8 * * 1"}))
    _, child = await apply(units, Given.of({"kind": "Battle", "metadata": {"name": "weekly-1"}, "spec": SPEC}, owner=series.uid))
    async with units.begin() as uow:
        await LocalStore(uow).write(read_meta(manifest(child)), finalizers=(FINALIZER,))

    async with units.begin() as uow:
        await use_cases.delete(uow, "BattleSeries", "default", "weekly")
    async with units.begin() as uow:
        going = await use_cases.find(uow, "Battle", "default", "weekly-1")
        await use_cases.find(uow, "BattleSeries", "default", "weekly")
        await LocalStore(uow).write(read_meta(manifest(going)), finalizers=())
    async with units.begin() as uow:
        assert str(series.uid) in await due(units)
        assert await storage.listing(uow, "Battle", None) == []


def test_a_manifest_reads_as_an_api_server_would_answer() -> None:
    at = datetime(2026, 11, 21, 8, tzinfo=UTC)
    kept = Resource(
        UUID(int=1), "Battle", "default", "office", 2, 5, {}, {"a": "b"}, (FINALIZER,), None, SPEC, {}, at, at + timedelta(hours=1)
    )

    assert manifest(kept)["metadata"] == {
        "name": "office",
        "namespace": "default",
        "uid": str(UUID(int=1)),
        "generation": 2,
        "resourceVersion": "5",
        "creationTimestamp": "2026-11-21T08:00:00Z",
        "deletionTimestamp": "2026-11-21T09:00:00Z",
        "annotations": {"a": "b"},
        "finalizers": [FINALIZER],
    }
