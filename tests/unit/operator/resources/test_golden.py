"""What is built, to the letter, for review; `GOLDEN=write pytest tests/unit/operator/resources` writes the files in golden/ anew."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena_operator.resources.autoscaler_floor import raised_floor, returned_floor
from arena_operator.resources.budget_guard import guard, returned, tightened
from arena_operator.resources.deployment import deployment
from arena_operator.resources.disruption_budget import disruption_budget
from arena_operator.resources.http_route import http_route
from arena_operator.resources.ingress import ingress
from arena_operator.resources.result_config_map import result_config_map
from arena_operator.resources.service import service
from tests.unit.operator.resources import samples

GOLDEN = Path(__file__).parent / "golden"
BUILT: Mapping[str, Callable[[], dict[str, Any]]] = {
    "deployment": lambda: deployment(samples.OWNER, samples.deployment(), 3),
    "service": lambda: service(samples.OWNER, "http"),
    "disruption-budget": lambda: disruption_budget(samples.OWNER, protected=False),
    "disruption-budget-protected": lambda: disruption_budget(samples.OWNER, protected=True),
    "http-route": lambda: http_route(samples.OWNER, samples.http_route(), samples.BATTLE_ID),
    "ingress": lambda: ingress(samples.OWNER, samples.ingress(), samples.BATTLE_ID),
    "result-config-map": lambda: result_config_map(samples.OWNER, "spring-cup-result", '{"result": {}, "hash": "00"}'),
    "autoscaler-floor": lambda: raised_floor(samples.autoscaler(), 2, 10, 14),
    "autoscaler-floor-returned": lambda: returned_floor(samples.autoscaler(), 2),
    "budget-tightened": lambda: tightened(samples.budget()),
    "budget-tightened-minimum": lambda: tightened(samples.budget(minAvailable="50%")),
    "budget-returned": lambda: returned(samples.budget(maxUnavailable=0) | {"metadata": tightened(samples.budget())["metadata"]}),
    "budget-guard": lambda: guard(samples.deployment()),
}


@pytest.mark.parametrize("name", BUILT)
def test_an_object_is_built_to_the_letter(name: str) -> None:
    built = yaml.safe_dump(BUILT[name](), sort_keys=False, width=200)
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(built, "utf-8")
    assert built == path.read_text("utf-8")


@pytest.mark.parametrize("name", BUILT)
def test_two_objects_built_share_nothing(name: str) -> None:
    one, other = BUILT[name](), BUILT[name]()
    _deface(one)
    assert other == BUILT[name]()


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(BUILT)


def _deface(value: object) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _deface(inner)
        value["defaced"] = True
    elif isinstance(value, list):
        for inner in value:
            _deface(inner)
        value.append("defaced")
