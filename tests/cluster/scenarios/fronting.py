"""A small program in front of the platform: it passes on what it is asked, and lies about the resources that it is told to lie about."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_PROBLEM = b'{"type": "https://habitarena.io/problems/declaration-not-found", "detail": "No such declaration."}'
ANSWERS = {
    "a page": (200, "text/html", b"<html><body>Welcome to the corporate proxy.</body></html>"),
    "half of something": (200, "application/json", b'{"battle_id": "5f0f'),
    "something else": (200, "application/json", b'[{"weather": "fine"}]'),
    "a wrong battle": (200, "application/json", b'{"battle_id": 7, "phase": "dancing", "window": {}, "generation": "x"}'),
    "a crash": (500, "text/plain", b"Traceback (most recent call last): ..."),
    "no such page": (404, "text/html", b"<html>not found</html>"),
    "not there any more": (404, "application/problem+json", _PROBLEM),
    "go elsewhere": (302, "text/html", b""),
    "too much": (200, "application/json", b'{"pad": "' + b"x" * 5_000_000 + b'"}'),
}
SILENCE = "silence"
LIES = (*ANSWERS, SILENCE)


class Front(ThreadingHTTPServer):
    """Listens on loopback.

    Attributes:
        lies: by a part of the path (the uid of a resource), how it answers.
        asked: how often each path was asked for.
    """

    daemon_threads = True

    def __init__(self, behind: Callable[[], str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lies: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.closing = threading.Event()
        self.behind = behind
        self.client = httpx.Client(trust_env=False, timeout=20)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def asked_about(self, part: str) -> int:
        """How many requests named this part."""
        return sum(number for path, number in self.asked.items() if part in path)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def do_GET(self) -> None:
        """Lie, or pass it on."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked[self.path] += 1
        lie = next((lie for part, lie in self.server.lies.items() if part in self.path), None)
        if lie == SILENCE:
            self.server.closing.wait(30)
            self.close_connection = True
        elif lie is not None:
            self._answer(*ANSWERS[lie])
        else:
            self._pass_on(body)

    def do_PUT(self) -> None:
        """The same."""
        self.do_GET()

    def do_POST(self) -> None:
        """The same."""
        self.do_GET()

    def _pass_on(self, body: bytes) -> None:
        skipped = {"host", "connection", "content-length", "accept-encoding"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
        answer = self.server.client.request(self.command, self.server.behind() + self.path, content=body, headers=headers)
        self._answer(answer.status_code, answer.headers.get("content-type", ""), answer.content)

    def _answer(self, status: int, media: str, body: bytes) -> None:
        self.send_response(status)
        if status == httpx.codes.FOUND:
            self.send_header("location", "http://127.0.0.1:9/")
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # whoever asked has heard enough

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@contextmanager
def front_of(behind: Callable[[], str]) -> Iterator[Front]:
    """A front of the platform whose address `behind` tells."""
    front = Front(behind)
    thread = threading.Thread(target=front.serve_forever)
    thread.start()
    try:
        yield front
    finally:
        front.closing.set()
        front.shutdown()
        front.server_close()
        front.client.close()
        thread.join()
