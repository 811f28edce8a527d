"""The store on a real API server: nothing is written over what moved on, nothing of others is touched, and who leads is one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from arena_operator.cluster.access import Access
from arena_operator.cluster.api import Api, ApiError, ApiUnreachable, NotLeading
from arena_operator.cluster.cache import Cache
from arena_operator.cluster.events import Events
from arena_operator.cluster.lease import Lease
from arena_operator.cluster.listing import Listing
from arena_operator.cluster.store import KubernetesStore
from arena_operator.crd.manifest import FINALIZER, read_meta
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import Notice
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.operating import battle


@pytest.fixture
def access(definitions: Cluster) -> Access:
    pki = definitions.plane.pki
    return Access(
        definitions.plane.url, "default", str(definitions.plane.ca_file), str(pki / "admin.crt"), str(pki / "admin.key"), lambda: None
    )


@pytest.fixture
async def api(access: Access) -> AsyncIterator[Api]:
    made = Api(access)
    yield made
    await made.close()


class Stage:
    """A store, its cache, and one battle."""

    def __init__(self, cluster: Cluster, namespace: str, api: Api) -> None:
        self.cluster, self.namespace, self.api = cluster, namespace, api
        self.cache = Cache()
        self.leading = True
        self.events = Events(api, "test", lambda: datetime.now(UTC))
        self.store = KubernetesStore(api, self.cache, self.events, lambda: self.leading)
        cluster.apply(battle("spring"), namespace=namespace)

    def meta(self) -> ResourceMeta:
        return read_meta(self.cluster.get("battle", "spring", self.namespace))

    def owned(self, name: str, **data: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": self.namespace}, "data": data}


@pytest.fixture
def stage(definitions: Cluster, namespace: str, api: Api) -> Stage:
    return Stage(definitions, namespace, api)


async def test_finalisers_and_status_are_written_and_the_answer_carries_the_new_version(stage: Stage) -> None:
    meta = stage.meta()
    written = await stage.store.write(meta, finalizers=[FINALIZER])
    assert written.finalizers == (FINALIZER,)
    again = await stage.store.write(written, status=BattleStatus(phase="Open", leader="Ada, 20"))
    found = stage.cluster.get("battle", "spring", stage.namespace)
    assert found["status"]["phase"] == "Open"
    assert again.resource_version == found["metadata"]["resourceVersion"]
    final = await stage.store.write(again, status=BattleStatus(phase="Open", result_hash=None))
    assert stage.cluster.get("battle", "spring", stage.namespace)["status"]["leader"] == ""
    assert final.resource_version != again.resource_version
    await stage.store.write(stage.meta(), finalizers=[])


async def test_what_moved_on_is_not_written_over(stage: Stage) -> None:
    meta = stage.meta()
    stage.cluster.kubectl("annotate", "battle", "spring", "a=b", "-n", stage.namespace)
    with pytest.raises(Moved):
        await stage.store.write(meta, finalizers=[FINALIZER])
    with pytest.raises(Moved):
        await stage.store.write(meta, status=BattleStatus(phase="Open"))
    assert "status" not in stage.cluster.get("battle", "spring", stage.namespace)


async def test_a_namesake_made_after_a_deletion_is_not_taken_for_it(stage: Stage) -> None:
    meta = stage.meta()
    stage.cluster.kubectl("delete", "battle", "spring", "-n", stage.namespace)
    with pytest.raises(Moved):
        await stage.store.write(meta, status=BattleStatus(phase="Open"))
    stage.cluster.apply(battle("spring"), namespace=stage.namespace)
    with pytest.raises(Moved):
        await stage.store.write(meta, finalizers=[FINALIZER])


async def test_an_owned_object_is_made_with_its_owner_and_made_again_without_a_write(stage: Stage) -> None:
    meta = stage.meta()
    await stage.store.ensure(meta, stage.owned("result", a="b"))
    first = stage.cluster.get("configmap", "result", stage.namespace)
    assert first["metadata"]["ownerReferences"][0]["uid"] == meta.uid
    await stage.store.ensure(meta, stage.owned("result", a="b"))
    assert stage.cluster.get("configmap", "result", stage.namespace)["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    owned, serving = await stage.store.owned(meta)
    assert list(owned) == ["ConfigMap/result"]
    assert serving == []
    await stage.store.remove(meta, "ConfigMap", "result")
    await stage.store.remove(meta, "ConfigMap", "result")
    assert (await stage.store.owned(meta))[0] == {}


async def test_somebody_elses_object_of_that_name_is_left_alone_and_the_refusal_says_so(stage: Stage) -> None:
    stage.cluster.apply(stage.owned("settings", mine="yes"), namespace=stage.namespace)
    meta = stage.meta()
    with pytest.raises(Unmade, match="settings already that this Battle does not own"):
        await stage.store.ensure(meta, stage.owned("settings", mine="no"))
    await stage.store.remove(meta, "ConfigMap", "settings")
    assert stage.cluster.get("configmap", "settings", stage.namespace)["data"] == {"mine": "yes"}


async def test_what_the_api_server_does_not_take_is_unmade_with_its_words(stage: Stage) -> None:
    with pytest.raises(Unmade, match="ConfigMap bad"):
        await stage.store.ensure(stage.meta(), stage.owned("bad", **{"no slash/here": "x"}))


async def test_who_does_not_lead_any_more_writes_nothing(stage: Stage) -> None:
    stage.leading = False
    meta = stage.meta()
    with pytest.raises(NotLeading):
        await stage.store.write(meta, finalizers=[FINALIZER])
    with pytest.raises(NotLeading):
        await stage.store.ensure(meta, stage.owned("result", a="b"))
    await stage.store.tell(meta, [Notice("Opened", "It is open.")])
    assert stage.meta().resource_version == meta.resource_version


async def test_the_same_news_is_one_event_that_counts_and_too_much_news_is_not_told(stage: Stage) -> None:
    meta = stage.meta()
    for _ in range(3):
        await stage.store.tell(meta, [Notice("PlatformUnavailable", "It does not answer.", warning=True)])
    for number in range(40):
        await stage.store.tell(meta, [Notice("Changed", f"Change {number}.")])
    events = stage.cluster.api.get(f"/apis/events.k8s.io/v1/namespaces/{stage.namespace}/events").json()["items"]
    told = [event for event in events if event["regarding"]["uid"] == meta.uid]
    same = [event for event in told if event["reason"] == "PlatformUnavailable"]
    assert [event["series"]["count"] for event in same] == [3]
    assert same[0]["type"] == "Warning"
    assert len(told) == 18, "a budget of 20, of which three went into one"


async def test_listing_forgets_what_went_while_nobody_watched(stage: Stage) -> None:
    listing = Listing(stage.api, stage.cache, stage.namespace)
    stage.cluster.apply(battle("autumn"), namespace=stage.namespace)
    assert await listing.refresh() == []
    assert sorted(entry.name for entry in stage.cache.all("Battle")) == ["autumn", "spring"]
    stage.cluster.kubectl("delete", "battle", "autumn", "-n", stage.namespace)
    assert [entry.name for entry in await listing.refresh()] == ["autumn"]


def lease_of(api: Api, namespace: str, identity: str, duration: float = 1.5) -> Lease:
    return Lease(api, namespace=namespace, name="arena-operator", identity=identity, duration=duration)


async def test_one_leads_and_the_other_only_when_it_lets_go_under_a_higher_fence(namespace: str, definitions: Cluster, api: Api) -> None:
    assert definitions.plane.url
    one, two = lease_of(api, namespace, "one"), lease_of(api, namespace, "two")
    stop_one, stop_two = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(one.run(stop_one, lambda: None))
    await until(lambda: one.fence is not None)
    second = asyncio.create_task(two.run(stop_two, lambda: None))
    fence = one.fence
    for _ in range(20):
        await asyncio.sleep(0.1)
        assert one.fence == fence
        assert two.fence is None
    stop_one.set()
    await first
    assert one.fence is None
    await until(lambda: two.fence is not None, 1.0)
    assert two.fence == (fence or 0) + 1
    stop_two.set()
    await second


async def test_a_leader_that_says_nothing_any_more_is_followed_and_stops_by_itself_before(namespace: str, access: Access, api: Api) -> None:
    cut = Api(access)
    one, two = lease_of(cut, namespace, "one"), lease_of(api, namespace, "two")
    stop = asyncio.Event()
    first = asyncio.create_task(one.run(stop, lambda: None))
    await until(lambda: one.fence is not None)
    fence = one.fence
    second = asyncio.create_task(two.run(stop, lambda: None))
    await asyncio.sleep(0.5)
    await cut.close()
    await until(lambda: two.fence is not None)
    assert one.fence is None, "two lead at once"
    assert two.fence == (fence or 0) + 1
    stop.set()
    first.cancel()
    await asyncio.wait({first, second})


async def test_a_lease_that_somebody_deletes_does_not_set_the_fence_back(namespace: str, definitions: Cluster, api: Api) -> None:
    one = lease_of(api, namespace, "one")
    stop = asyncio.Event()
    running = asyncio.create_task(one.run(stop, lambda: None))
    await until(lambda: one.fence is not None)
    fence = one.fence or 0
    definitions.kubectl("delete", "lease", "arena-operator", "-n", namespace)
    await asyncio.sleep(1.5)
    assert (one.fence or 0) >= fence
    stop.set()
    await running


async def test_a_server_that_is_not_there_is_unreachable_and_a_refusal_has_its_reason(access: Access, api: Api) -> None:
    with pytest.raises(ApiError) as refusal:
        await api.call("get", "/api/v1/namespaces/default/configmaps/none", kind="ConfigMap")
    assert (refusal.value.status, refusal.value.reason, refusal.value.gone) == (404, "NotFound", True)
    nowhere = Api(Access("https://127.0.0.1:9", "default", access.ca_file, None, None, lambda: None))
    with pytest.raises(ApiUnreachable, match="does not answer"):
        await nowhere.call("get", "/api", kind="", seconds=0.5)
    await nowhere.close()


async def until(holds: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event to tell it
            await asyncio.sleep(0.01)
