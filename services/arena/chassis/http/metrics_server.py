"""/metrics on a port of its own, so that it is never served to the public by accident."""

import errno
from collections.abc import Callable

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server


class MetricsPortTaken(Exception):
    """The port of /metrics cannot be had; the message says what to do."""


def start_metrics_server(port: int, host: str = "127.0.0.1", *, registry: CollectorRegistry = REGISTRY) -> Callable[[], None]:
    """Serve Prometheus' text format in a thread; returns what ends it.

    Raises:
        MetricsPortTaken: somebody else listens there, or the host is not an address of this machine.
    """
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as failure:
        reason = "is already in use" if failure.errno == errno.EADDRINUSE else f"cannot be used ({failure.strerror})"
        raise MetricsPortTaken(f"Port {port} on {host} for /metrics {reason}: choose another with ARENA_METRICS_PORT.") from failure

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
