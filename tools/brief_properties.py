"""A pytest plugin for the mutation run: property tests try few examples, and the same ones every time.

Thousands of mutants are judged by them, and a verdict must not depend on luck.
"""

import pytest
from hypothesis import is_hypothesis_test, settings

EXAMPLES = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bound the examples of each property test, whatever it asks for itself."""
    for item in items:
        test = getattr(item, "obj", None)
        if test is None or not is_hypothesis_test(test):
            continue
        # Hypothesis has no public way to change what a decorator has set; its own plugin reads this attribute too.
        wanted = test._hypothesis_internal_use_settings  # noqa: SLF001 - no public way, see above
        brief = settings(wanted, max_examples=min(wanted.max_examples, EXAMPLES), derandomize=True, database=None, deadline=None)
        test._hypothesis_internal_use_settings = brief  # noqa: SLF001 - no public way, see above
