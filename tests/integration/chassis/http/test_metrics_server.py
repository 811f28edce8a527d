"""/metrics on a port of its own, as a process has it: in a process of its own, for the providers are global."""

import socket
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry

from arena.chassis.http.metrics_server import MetricsPortTaken, start_metrics_server

PROGRAM = """
import asyncio, sys, urllib.request, httpx
from arena.chassis.core.settings import Settings
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.metrics_server import start_metrics_server
from arena.chassis.http.platform_app import compose_apps
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app
from arena.chassis.http.tokens import GivenKeys, TokenVerifier

router = Router("/api/things")
@router.get("/{number}")
async def show(number: int) -> int:
    return number

async def main(port: int) -> None:
    settings = Settings()
    end = set_up_telemetry(settings)
    close = start_metrics_server(port)
    authenticator = Authenticator(TokenVerifier(GivenKeys({})))
    app = create_app(title="things", prefix="/api/things", routers=[router], settings=settings, authenticator=authenticator)
    transport = httpx.ASGITransport(compose_apps([app], settings=settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://arena.test") as client:
        await client.get("/api/things/1")
        await client.get("/api/things/2")
        await client.get("/api/things/x")
        await client.get("/api/things/a/b")
    print(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode())
    close()
    end()

asyncio.run(main(int(sys.argv[1])))
"""


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_requests_are_measured_by_route_and_refusals_by_slug(free_port: int) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(free_port)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()

    def value(name: str, *labels: str) -> str:
        (line,) = [line for line in lines if line.startswith(name + "{") and all(label in line for label in labels)]
        return line.rsplit(" ", 1)[1]

    count = "http_server_request_duration_seconds_count"
    assert value(count, 'http_route="/api/things/{number}"', 'http_response_status_code="200"') == "2.0"
    assert value(count, 'http_route="/api/things/{number}"', 'http_response_status_code="422"') == "1.0"
    assert value(count, 'http_route="(none)"', 'http_response_status_code="404"') == "1.0"
    assert value("arena_http_refused_total", 'problem="validation-failed"') == "1.0"
    assert any('le="0.002"' in line for line in lines)


def test_a_port_that_is_taken_is_told_in_a_sentence_and_a_closed_one_is_free_again(free_port: int) -> None:
    registry = CollectorRegistry()
    close = start_metrics_server(free_port, registry=registry)
    with pytest.raises(MetricsPortTaken, match=f"Port {free_port} on 127.0.0.1 for /metrics is already in use.*ARENA_METRICS_PORT"):
        start_metrics_server(free_port, registry=registry)
    close()
    start_metrics_server(free_port, registry=registry)()
