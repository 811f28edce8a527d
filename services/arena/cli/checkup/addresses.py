"""The addresses to serve on: free, or answered by ourselves."""

import errno
import socket
from collections.abc import Iterator, Mapping

import httpx

from arena.chassis.core.settings import Settings
from arena.cli.checkup.finding import Finding, fail, ok
from arena.cli.connect import address_of, readiness

_SECONDS = 3.0


def look(settings: Settings) -> Iterator[Finding]:
    """The port of pages and API, and that of metrics."""
    url = address_of(settings)
    parts = readiness(url)
    yield _port(settings, settings.port, "port", "ARENA_PORT", ours=parts is not None)
    if parts is not None:
        yield _platform(parts)
    ours = _serves_metrics(f"{url.rpartition(':')[0]}:{settings.metrics_port}/metrics")
    yield _port(settings, settings.metrics_port, "metrics port", "ARENA_METRICS_PORT", ours=ours)


def _platform(parts: Mapping[str, str]) -> Finding:
    trouble = ", ".join(f"{name} {state}" for name, state in parts.items() if state != "ok")
    if trouble:
        return fail("platform", f"running, not ready: {trouble}", "Its log (stderr of `arena up`) says why.")
    return ok("platform", "ready")


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


def _serves_metrics(url: str) -> bool:
    try:
        return "# HELP" in httpx.get(url, timeout=_SECONDS).text
    except httpx.HTTPError:
        return False
