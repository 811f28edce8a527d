"""Logs: JSON lines with the ids that join them, in a process of their own as logging is set up once a process."""

import json
import subprocess
import sys
from typing import Any

PREAMBLE = """
import logging
from arena.chassis.core.logging import get_logger, request_id_var, set_up_logging
from arena.chassis.core.settings import LogLevel
from arena.chassis.core.telemetry import enter_trace
"""


def lines_of(code: str) -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-c", PREAMBLE + code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_line_is_an_object_with_time_level_logger_and_the_ids_of_request_and_trace() -> None:
    (line,) = lines_of("""
set_up_logging(LogLevel.INFO)
enter_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
request_id_var.set("abc-123-def")
get_logger("arena.x").info("thing_happened", count=3)
""")
    assert line["event"] == "thing_happened"
    assert (line["count"], line["level"], line["logger"]) == (3, "info", "arena.x")
    assert line["at"].endswith("Z")
    assert (line["request_id"], line["trace_id"]) == ("abc-123-def", "0af7651916cd43dd8448eb211c80319c")


def test_the_standard_librarys_logging_goes_the_same_way() -> None:
    (line,) = lines_of("""
set_up_logging(LogLevel.INFO)
logging.getLogger("uvicorn.error").warning("port %d", 7, extra={"colour": "red"})
""")
    assert (line["event"], line["level"], line["logger"], line["colour"]) == ("port 7", "warning", "uvicorn.error", "red")


def test_what_is_below_the_level_is_not_logged() -> None:
    lines = lines_of("""
set_up_logging(LogLevel.WARNING)
get_logger("a").info("no")
logging.getLogger("b").info("no")
get_logger("a").warning("yes")
""")
    assert [line["event"] for line in lines] == ["yes"]


def test_a_traceback_is_data_and_shows_no_variables() -> None:
    (line,) = lines_of("""
set_up_logging(LogLevel.INFO)
def fail():
    password = "hunter2"
    raise ValueError("broken")
try:
    fail()
except ValueError:
    get_logger("a").exception("failed")
""")
    (exception,) = line["exception"]
    assert (exception["exc_type"], exception["exc_value"]) == ("ValueError", "broken")
    assert exception["frames"][-1]["name"] == "fail"
    assert "hunter2" not in json.dumps(line)
