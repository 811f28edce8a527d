"""The definitions on a real API server: it says what the laptop says, shows what people look for, and keeps battles under way."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import battle_manifest, read_battle
from arena_operator.crd.validate import check, completed
from tests.cluster.bed.cluster import Cluster, KubectlFailed
from tests.unit.operator.crd.manifests import (
    BAD,
    BATTLE,
    BEYOND,
    EDITS,
    GOOD,
    ID_EDITS,
    LATE_EDITS,
    SERIES,
    UNKNOWN,
    battle,
    with_values,
)
from tests.unit.operator.crd.strategies import plausible, records
from tools.source import ROOT

EXAMPLES = ROOT / "examples" / "battles"
UNDER_WAY = ["Running", "Grace", "Audit"]
STRICT = "fieldValidation=Strict"


def where(manifest: dict[str, Any], namespace: str) -> str:
    plural = {"Battle": "battles", "BattleSeries": "battleseries"}[manifest["kind"]]
    return f"/apis/habitarena.io/v1alpha1/namespaces/{namespace}/{plural}"


def named(manifest: dict[str, Any], namespace: str) -> str:
    return f"{where(manifest, namespace)}/{manifest['metadata']['name']}"


def complaints(answer: dict[str, Any]) -> set[str]:
    """The fields that the API server complains of."""
    return {cause.get("field", "").replace("<nil>", "") for cause in answer.get("details", {}).get("causes", [])}


def stored(cluster: Cluster, namespace: str, manifest: dict[str, Any], phase: str | None = None) -> dict[str, Any]:
    """The resource as it is after it was made, and its operator said the phase."""
    answer = cluster.api.post(where(manifest, namespace), json=manifest)
    assert answer.status_code == 201, answer.text
    if phase:
        body = {"status": {"phase": phase}}
        kind = {"content-type": "application/merge-patch+json"}
        answer = cluster.api.patch(f"{named(manifest, namespace)}/status", json=body, headers=kind)
        assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def replaced(cluster: Cluster, old: dict[str, Any], new: dict[str, Any], namespace: str) -> tuple[int, dict[str, Any]]:
    """What the API server says of the new one in the old one's place."""
    body = new | {"metadata": old["metadata"] | new["metadata"]}
    answer = cluster.api.put(f"{named(old, namespace)}?{STRICT}", json=body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("said", GOOD)
def test_the_api_server_takes_what_the_laptop_takes_and_stores_the_same(definitions: Cluster, namespace: str, said: str) -> None:
    answer = definitions.api.post(f"{where(GOOD[said], namespace)}?dryRun=All&{STRICT}", json=GOOD[said])
    assert answer.status_code == 201, answer.text
    assert answer.json()["spec"] == completed(GOOD[said])["spec"]


@pytest.mark.parametrize("said", BAD)
def test_the_api_server_refuses_what_the_laptop_refuses_for_the_same_field(definitions: Cluster, namespace: str, said: str) -> None:
    field, manifest = BAD[said]
    answer = definitions.api.post(f"{where(manifest, namespace)}?dryRun=All&{STRICT}", json=manifest)
    assert answer.status_code in {400, 422}, answer.text
    assert field in complaints(answer.json()), answer.text


@pytest.mark.parametrize("said", UNKNOWN)
def test_a_field_that_is_none_is_refused_by_name(definitions: Cluster, namespace: str, said: str) -> None:
    field, manifest = UNKNOWN[said]
    answer = definitions.api.post(f"{where(manifest, namespace)}?dryRun=All&{STRICT}", json=manifest)
    assert answer.status_code == 400
    assert f'unknown field "{field}"' in answer.json()["message"]


@pytest.mark.parametrize("said", BEYOND)
def test_what_a_schema_cannot_say_is_left_to_the_operator_and_none_of_it_breaks_the_store(
    definitions: Cluster, namespace: str, said: str
) -> None:
    field, manifest = BEYOND[said]
    answer = definitions.api.post(f"{where(manifest, namespace)}?dryRun=All&{STRICT}", json=manifest)
    assert answer.status_code == 201 or field in complaints(answer.json()), answer.text


def test_every_rule_s_sentence_reaches_the_person(definitions: Cluster, namespace: str) -> None:
    _, manifest = BAD["an end before the start"]
    with pytest.raises(KubectlFailed, match="the window must end a minute or more after it starts"):
        definitions.apply(manifest, namespace=namespace)


@pytest.mark.parametrize("said", EDITS)
def test_a_battle_s_terms_change_until_it_has_begun_and_not_after(definitions: Cluster, namespace: str, said: str) -> None:
    field, old, new = EDITS[said]
    status, answer = replaced(definitions, stored(definitions, namespace, old, "Running"), new, namespace)
    (problem,) = check(new, completed(old) | {"status": {"phase": "Running"}})
    assert (status, complaints(answer)) == (422, {field})
    assert problem.message in answer["message"]
    again = with_values(old, metadata__name="two")
    assert replaced(definitions, stored(definitions, namespace, again, "Open"), with_values(new, metadata__name="two"), namespace)[0] == 200


@pytest.mark.parametrize("said", LATE_EDITS)
def test_what_serves_a_battle_changes_at_any_time(definitions: Cluster, namespace: str, said: str) -> None:
    old, new = LATE_EDITS[said]
    status, answer = replaced(definitions, stored(definitions, namespace, old, "Running"), new, namespace)
    assert status == 200, answer


@pytest.mark.parametrize("said", ID_EDITS)
def test_a_battle_s_id_never_changes(definitions: Cluster, namespace: str, said: str) -> None:
    old, new = ID_EDITS[said]
    status, answer = replaced(definitions, stored(definitions, namespace, old), new, namespace)
    assert (status, complaints(answer)) == (422, {"spec.battleId"})


def test_a_900_kilobyte_spec_is_refused_with_a_sentence_or_told_by_its_size(definitions: Cluster, namespace: str) -> None:
    answer = definitions.api.post(where(BATTLE, namespace), json=battle(name="a" * 900_000))
    assert answer.status_code == 422
    assert "spec.name" in complaints(answer.json())
    assert "may not be more than 200" in answer.json()["message"]


def test_what_was_stored_reads_as_it_was_declared(definitions: Cluster, namespace: str) -> None:
    path = EXAMPLES / "office-steps.yaml"
    definitions.kubectl("apply", "-n", namespace, "-f", str(path))
    declared = read_battle(definitions.get("battle", "office-steps", namespace)["spec"])
    assert isinstance(declared, DeclaredBattle)
    assert declared == read_battle(yaml.safe_load(path.read_text("utf-8"))["spec"])
    assert read_battle(battle_manifest(declared)) == declared


def test_whatever_the_types_can_say_comes_back_from_the_api_server_as_it_went(definitions: Cluster, namespace: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(records(DeclaredBattle).map(plausible))
    def sent(declared: DeclaredBattle) -> None:
        manifest = with_values(BATTLE, spec=battle_manifest(declared))
        answer = definitions.api.post(f"{where(BATTLE, namespace)}?dryRun=All&{STRICT}", json=manifest)
        assert answer.status_code == 201, answer.text
        assert read_battle(answer.json()["spec"]) == declared

    sent()


def test_every_example_is_taken(definitions: Cluster, namespace: str) -> None:
    said = definitions.kubectl("apply", "-n", namespace, "--dry-run=server", "--validate=strict", "-f", str(EXAMPLES))
    assert len(said.splitlines()) == 6
    assert all(line.endswith("created (server dry run)") for line in said.splitlines())


def test_battles_are_seen_in_one_look(definitions: Cluster, namespace: str) -> None:
    stored(definitions, namespace, BATTLE)
    status = {
        "phase": "Running",
        "window": {
            "start": "2030-03-04T06:00:00Z",
            "end": "2030-03-11T06:00:00Z",
            "graceEnds": "2030-03-11T06:10:00Z",
            "auditEnds": "2030-03-11T06:10:00Z",
            "tzdata": "2026.6",
        },
        "leader": "Ada, 120",
        "viewers": 7,
        "participants": 3,
        "battleId": "01979b5e-2f00-7000-8000-000000000001",
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Running",
                "message": "It runs.",
                "observedGeneration": 1,
                "lastTransitionTime": "2030-03-04T06:00:00Z",
            }
        ],
    }
    definitions.api.patch(
        f"{named(BATTLE, namespace)}/status", json={"status": status}, headers={"content-type": "application/merge-patch+json"}
    ).raise_for_status()
    head, line = definitions.kubectl("get", "bt", "-n", namespace).splitlines()
    assert head.split() == ["NAME", "PHASE", "START", "LEADER", "VIEWERS", "READY", "AGE"]
    assert line.split()[:7] == ["one", "Running", "2030-03-04T06:00:00Z", "Ada,", "120", "7", "True"]
    assert "01979b5e-2f00-7000-8000-000000000001" in definitions.kubectl("get", "battles", "-n", namespace, "-o", "wide")
    assert "battle.habitarena.io/one" in definitions.kubectl("get", "habitarena,all", "-n", namespace, "-o", "name")
    definitions.kubectl("wait", "--for=condition=Ready", "--timeout=5s", "battle/one", "-n", namespace)


def test_series_are_seen_in_one_look(definitions: Cluster, namespace: str) -> None:
    stored(definitions, namespace, SERIES)
    body = {"status": {"active": ["weekly-1"], "nextSchedule": "2030-03-08T18:00:00Z"}}
    kind = {"content-type": "application/merge-patch+json"}
    definitions.api.patch(f"{named(SERIES, namespace)}/status", json=body, headers=kind).raise_for_status()
    head, line = definitions.kubectl("get", "bs", "-n", namespace).splitlines()
    assert head.split() == ["NAME", "SCHEDULE", "ZONE", "SUSPEND", "ACTIVE", "NEXT", "AGE"]
    assert line.split()[:8] == ["weekly", "0", "18", "*", "*", "5", "UTC", "false"]
    assert '["weekly-1"]' in line
    assert "2030-03-08T18:00:00Z" in line


@pytest.mark.parametrize("phase", UNDER_WAY)
def test_a_battle_under_way_is_not_deleted_without_a_word(definitions: Cluster, namespace: str, phase: str) -> None:
    stored(definitions, namespace, BATTLE, phase)
    definitions.eventually(lambda: refusal(definitions, namespace), "the policy is not in force")
    with pytest.raises(KubectlFailed) as refused:
        definitions.kubectl("delete", "battle", "one", "-n", namespace)
    command = f"kubectl annotate battle one -n {namespace} habitarena.io/allow-delete=true"
    assert f"battle one is {phase}: to delete its resource all the same, run: {command}" in str(refused.value)
    definitions.kubectl(*command.removeprefix("kubectl ").split())
    definitions.kubectl("delete", "battle", "one", "-n", namespace)


def test_deleting_all_battles_at_once_spares_those_under_way(definitions: Cluster, namespace: str) -> None:
    stored(definitions, namespace, BATTLE, "Running")
    definitions.eventually(lambda: refusal(definitions, namespace), "the policy is not in force")
    assert definitions.api.delete(where(BATTLE, namespace)).status_code == 403
    assert definitions.get("battle", "one", namespace)["metadata"].get("deletionTimestamp") is None


def refusal(cluster: Cluster, namespace: str) -> bool:
    """Whether a deletion would be refused: a policy takes a moment to be in force."""
    return cluster.api.delete(f"{named(BATTLE, namespace)}?dryRun=All").status_code == 403


@pytest.mark.parametrize("phase", [None, "Pending", "Draft", "Open", "Final", "Cancelled"])
def test_any_other_battle_is_deleted_as_one_is_used_to(definitions: Cluster, namespace: str, phase: str | None) -> None:
    stored(definitions, namespace, BATTLE, phase)
    definitions.kubectl("delete", "battle", "one", "-n", namespace)


def test_a_namespace_goes_with_the_battles_under_way_in_it(definitions: Cluster) -> None:
    name = definitions.make_namespace()
    stored(definitions, name, BATTLE, "Running")
    definitions.eventually(lambda: refusal(definitions, name), "the policy is not in force")
    definitions.drop_namespace(name)
    definitions.eventually(lambda: definitions.api.get(f"/api/v1/namespaces/{name}").status_code == 404, "the namespace is still there")


def test_what_a_deleted_owner_leaves_is_collected_though_it_is_under_way(definitions: Cluster, namespace: str) -> None:
    owner = stored(definitions, namespace, SERIES)
    reference = {"apiVersion": "habitarena.io/v1alpha1", "kind": "BattleSeries", "name": "weekly", "uid": owner["metadata"]["uid"]}
    stored(definitions, namespace, with_values(BATTLE, metadata__ownerReferences=[reference]), "Running")
    definitions.eventually(lambda: refusal(definitions, namespace), "the policy is not in force")
    definitions.kubectl("delete", "bs", "weekly", "-n", namespace)
    definitions.eventually(lambda: definitions.api.get(named(BATTLE, namespace)).status_code == 404, "the battle is still there", 60)
