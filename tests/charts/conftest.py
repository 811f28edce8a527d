"""Every test here needs Helm, which `make cluster` builds."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        if "tests/charts/" in item.nodeid:
            item.add_marker(pytest.mark.cluster)
