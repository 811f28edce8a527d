"""A pytest plugin by which property tests try few examples, and the same ones every time.

Thousands of mutants are judged by them, and a verdict must not depend on luck. Nor must coverage, whose tracer makes each example three
times as slow; check-all tries all of them where nothing is measured (`make python-3.13`).
"""

from inspect import ismethod

import pytest
from hypothesis import is_hypothesis_test, settings

EXAMPLES = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bound the examples of each property test, whatever it asks for itself."""
    for item in items:
        test = getattr(item, "obj", None)
        if test is None or not is_hypothesis_test(test) or ismethod(test):  # a state machine's settings are its class's
            continue
        # Hypothesis has no public way to change what a decorator has set; its own plugin reads this attribute too.
        wanted = getattr(test, "_hypothesis_internal_use_settings", None) or settings()
        brief = settings(wanted, max_examples=min(wanted.max_examples, EXAMPLES), derandomize=True, database=None, deadline=None)
        test._hypothesis_internal_use_settings = brief  # noqa: SLF001 - no public way, see above
