"""docs/api.md says what the code does."""

import re
from pathlib import Path

from arena.chassis.core.settings import Settings
from arena.chassis.http.pagination import DEFAULT, LARGEST
from arena.chassis.http.problems import CHASSIS_PROBLEMS, TYPE_BASE

GUIDE = (Path(__file__).parents[4] / "docs/api.md").read_text("utf-8")


def test_every_slug_is_in_the_guide_with_its_status_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", GUIDE, re.MULTILINE)
    assert {slug: int(status) for slug, status in rows} == dict(CHASSIS_PROBLEMS)
    assert TYPE_BASE in GUIDE


def test_the_limits_in_the_guide_are_the_defaults() -> None:
    fields = Settings.model_fields
    assert f"| {fields['writes_per_second'].default} a second" in GUIDE
    assert f"| {fields['sign_ins_per_minute'].default} a minute" in GUIDE
    assert f"| {fields['request_timeout'].default:.0f} seconds" in GUIDE
    assert f"1 to {LARGEST}, default {DEFAULT}" in GUIDE
