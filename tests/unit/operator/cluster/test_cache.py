"""The index of what the watches said: the newest version of each object, found by what owns it."""

from typing import Any

from arena_operator.cluster.cache import Cache


def thing(uid: str, version: int, *, name: str = "one", owner: str = "", **more: Any) -> dict[str, Any]:
    owners = [{"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "uid": owner}] if owner else []
    meta = {"name": name, "namespace": "games", "uid": uid, "resourceVersion": str(version), "ownerReferences": owners}
    return {"metadata": meta | {"managedFields": ["long"]}} | more


def test_an_older_version_never_replaces_a_newer_one() -> None:
    cache = Cache()
    assert cache.hold("Service", thing("u", 10, spec=1)) is not None
    assert cache.hold("Service", thing("u", 9, spec=2)) is None
    assert cache.hold("Service", thing("u", 10, spec=3)) is None
    held = cache.named("Service", "games", "one")
    assert held is not None
    assert held.body()["spec"] == 1
    assert "managedFields" not in held.body()["metadata"]


def test_what_a_resource_owns_is_found_and_gone_when_it_is_dropped() -> None:
    cache = Cache()
    cache.hold("Service", thing("u", 1, owner="battle"))
    cache.hold("Deployment", thing("v", 2, owner="battle"))
    assert sorted(entry.kind for entry in cache.owned("battle")) == ["Deployment", "Service"]
    cache.drop("u")
    assert [entry.kind for entry in cache.owned("battle")] == ["Deployment"]
    cache.hold("Deployment", thing("v", 3))
    assert list(cache.owned("battle")) == []


def test_a_namesake_with_another_uid_takes_the_place_of_the_one_before() -> None:
    cache = Cache()
    cache.hold("Battle", thing("old", 1))
    cache.hold("Battle", thing("new", 2))
    assert cache.get("old") is None
    assert [entry.uid for entry in cache.all("Battle")] == ["new"]


def test_what_all_share_counts_as_changed_when_somebody_elses_object_does_and_not_when_ours_do() -> None:
    cache = Cache()
    before = cache.changes("games")
    cache.hold("Battle", thing("b", 1))
    cache.hold("Service", thing("s", 2, owner="b"))
    assert cache.changes("games") == before
    cache.hold("Deployment", thing("d", 3))
    assert cache.changes("games") != before
