"""With a collector named in the environment, the spans of a process arrive there."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

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


class Collector(BaseHTTPRequestHandler):
    """Keeps the requests it gets."""

    received: list[ExportTraceServiceRequest]

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(self.rfile.read(int(self.headers["content-length"])))
        self.received.append(request)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """Where it listens, and what it received."""
    received: list[ExportTraceServiceRequest] = []
    server = HTTPServer(("127.0.0.1", 0), type("Own", (Collector,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_request_and_what_happens_in_it_arrive_as_one_trace_under_the_services_name(
    collector: tuple[str, list[ExportTraceServiceRequest]],
) -> None:
    endpoint, received = collector
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SERVICE_NAME": "arena-test"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    resources = [resource for request in received for resource in request.resource_spans]
    names = {pair.value.string_value for resource in resources for pair in resource.resource.attributes if pair.key == "service.name"}
    assert names == {"arena-test"}
    spans = {span.name: span for resource in resources for scope in resource.scope_spans for span in scope.spans}
    assert set(spans) == {"GET /api/things/{number}", "arena.flush"}
    assert spans["arena.flush"].parent_span_id == spans["GET /api/things/{number}"].span_id
