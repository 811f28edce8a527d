"""A registry whose certificate one signed oneself is trusted by the setting alone."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from arena.chassis.bus.kafka.codec import NotReady, open_codec
from arena.chassis.core.settings import Settings
from arena.contracts.registry import LOGS
from tests.broker.secured import Authority


class Refusing(BaseHTTPRequestHandler):
    """A registry that lets nobody in: who hears that has trusted it."""

    def do_POST(self) -> None:
        """What a schema is looked up by."""
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"error_code": 40101, "message": "nobody may"}'
        self.send_response(401)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def registry_of(authority: Authority) -> Iterator[str]:
    """Its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.signed("registry"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield f"https://localhost:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


async def test_its_authority_is_named_by_the_setting_and_otherwise_not_trusted(tmp_path: Path) -> None:
    authority = Authority(tmp_path).make()
    with registry_of(authority) as url:
        settings = {"kafka_format": "avro", "schema_registry": url}
        with pytest.raises(NotReady, match=r"does not answer: .*CERTIFICATE_VERIFY_FAILED"):
            await open_codec(Settings.model_validate(settings), LOGS).prepare()
        settings["schema_registry_ca"] = str(authority.certificate)
        with pytest.raises(NotReady, match=r"refused .*nobody may"):
            await open_codec(Settings.model_validate(settings), LOGS).prepare()
