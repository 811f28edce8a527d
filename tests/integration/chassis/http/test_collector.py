"""With a collector named in the environment, the spans of a process arrive there."""

import os
import subprocess
import sys

from arena.chassis.testing.collector import collecting

PROGRAM = """
import asyncio, httpx
from arena.chassis.core.settings import load_settings
from arena.chassis.core.telemetry import span
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app
from arena.chassis.http.tokens import GivenKeys, TokenVerifier

router = Router("/api/things")
@router.get("/{number}")
async def show(number: int) -> int:
    with span("arena.flush", **{"batch.size": 3}):
        return number

async def main() -> None:
    settings = load_settings()
    end = set_up_telemetry(settings)
    authenticator = Authenticator(TokenVerifier(GivenKeys({})))
    app = create_app(title="things", prefix="/api/things", routers=[router], settings=settings, authenticator=authenticator)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://arena.test") as client:
        await client.get("/api/things/7")
    end()

asyncio.run(main())
"""


def test_a_request_and_what_happens_in_it_arrive_as_one_trace_under_the_services_name() -> None:
    with collecting() as collector:
        environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "arena-test"}
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert {span.service for span in collector.spans} == {"arena-test"}
    spans = {span.name: span for span in collector.spans}
    assert set(spans) == {"GET /api/things/{number}", "arena.flush"}
    assert spans["arena.flush"].parent == spans["GET /api/things/{number}"].id
