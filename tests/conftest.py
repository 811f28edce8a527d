"""What holds for all tests."""

import gc

import structlog

pytest_plugins = ["arena.embedded.testing", "tests.broker.fixtures", "tests.example", "tests.registry.fixtures", "tests.skipping"]


def pytest_configure() -> None:
    """Print tracebacks as Python does: structlog's own way, every variable in a frame of its own, takes seconds for each."""
    processors = structlog.get_config()["processors"][:-1]
    structlog.configure(processors=[*processors, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])


def pytest_collection_finish() -> None:
    """Take what was collected out of the collector's rounds: it stays to the end, and each test with a database asks for a whole round."""
    gc.collect()
    gc.freeze()
