"""What holds for all tests."""

import gc

pytest_plugins = ["arena.embedded.testing", "tests.broker.fixtures", "tests.example", "tests.registry.fixtures", "tests.skipping"]


def pytest_collection_finish() -> None:
    """Take what was collected out of the collector's rounds: it stays to the end, and each test with a database asks for a whole round."""
    gc.collect()
    gc.freeze()
