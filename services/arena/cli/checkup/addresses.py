"""The addresses to serve on: free, or answered by ourselves."""

import errno
import socket
from collections.abc import Iterator

import httpx

from arena.chassis.core.settings import Settings
from arena.cli.checkup.finding import Finding, fail, ok
from arena.cli.connect import address_of

_SECONDS = 3.0
_OK = 200


def look(settings: Settings) -> Iterator[Finding]:
    """The port of pages and API, and that of metrics."""
    serving = _says(f"{address_of(settings)}/readyz")
    yield _port(settings, settings.port, "port", "ARENA_PORT", ours=serving is not None and "checks" in serving.text)
    if serving is not None and "checks" in serving.text:
        yield _readiness(serving)
    metrics = _says(f"{address_of(settings).rpartition(':')[0]}:{settings.metrics_port}/metrics")
    ours = metrics is not None and "# HELP" in metrics.text
    yield _port(settings, settings.metrics_port, "metrics port", "ARENA_METRICS_PORT", ours=ours)


def _readiness(serving: httpx.Response) -> Finding:
    if serving.status_code == _OK:
        return ok("platform", "ready")
    return fail("platform", f"running, not ready: {serving.text[:200]}", "Its log (stderr of `arena up`) says why.")


def _port(settings: Settings, port: int, check: str, variable: str, *, ours: bool) -> Finding:
    if ours:
        return ok(check, f"{port}, served by HabitArena")
    trouble = _cannot_listen(settings.host, port)
    if trouble is None:
        return ok(check, f"{port}, free")
    if trouble.errno == errno.EADDRINUSE:
        return fail(check, f"{port} is taken by another program", f"Choose another with {variable}.")
    return fail(check, f"{settings.host}:{port}: {trouble.strerror}", f"Choose another with ARENA_HOST or {variable}.")


def _cannot_listen(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as trouble:
            return trouble
    return None


def _says(url: str) -> httpx.Response | None:
    try:
        return httpx.get(url, timeout=_SECONDS)
    except httpx.HTTPError:
        return None
