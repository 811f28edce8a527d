"""Traces and metrics by OpenTelemetry: instruments and spans by the names of observability/telemetry.yaml.

Ask for an instrument where it is used, not at import: it is made once, and asking again costs nothing.
"""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import Token
from functools import cache
from itertools import islice
from typing import Any, Final

from opentelemetry import context as otel
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram, UpDownCounter
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from arena.chassis.core.telemetry_names import METRICS, SPANS, Metric

_SCOPE: Final = "arena"
_W3C: Final = TraceContextTextMapPropagator()
_LINKS: Final = 33


def _described(name: str, kind: str) -> Metric:
    metric = METRICS.get(name)
    if metric is None or metric.kind != kind:
        raise LookupError(f"observability/telemetry.yaml lists no {kind} {name}")
    return metric


@cache
def counter(name: str) -> Counter:
    """The counter of that name; LookupError when telemetry.yaml lists none."""
    metric = _described(name, "counter")
    return metrics.get_meter(_SCOPE).create_counter(name, unit=metric.unit, description=metric.description)


@cache
def up_down_counter(name: str) -> UpDownCounter:
    """The up-down counter of that name; LookupError when telemetry.yaml lists none."""
    metric = _described(name, "up_down_counter")
    return metrics.get_meter(_SCOPE).create_up_down_counter(name, unit=metric.unit, description=metric.description)


@cache
def histogram(name: str) -> Histogram:
    """The histogram of that name, with the buckets listed; LookupError when telemetry.yaml lists none."""
    metric = _described(name, "histogram")
    return metrics.get_meter(_SCOPE).create_histogram(
        name, unit=metric.unit, description=metric.description, explicit_bucket_boundaries_advisory=metric.buckets
    )


@cache
def gauge(name: str) -> Any:
    """The gauge of that name; LookupError when telemetry.yaml lists none."""
    metric = _described(name, "gauge")
    return metrics.get_meter(_SCOPE).create_gauge(name, unit=metric.unit, description=metric.description)


def span(name: str, **attributes: str | int) -> Any:
    """A context manager with a span of our own as the current one; LookupError when telemetry.yaml lists none."""
    described = SPANS.get(name)
    if described is None:
        raise LookupError(f"observability/telemetry.yaml lists no span {name}")
    kind = trace.SpanKind[described.kind.upper()]
    return trace.get_tracer(_SCOPE).start_as_current_span(name, kind=kind, attributes=attributes)


@contextmanager
def batch_span(name: str, origins: Iterable[str | None], **attributes: str | int) -> Iterator[None]:
    """A span for work that several traces asked for: a child of the first, linked to the others (at most 32).

    Args:
        name: of a span listed in telemetry.yaml.
        origins: the W3C `traceparent` of each that asked; None where there was no trace.
        attributes: of the span.
    """
    described = SPANS[name]
    parents = [context for origin in islice(_distinct(origins), _LINKS) if origin and (context := _W3C.extract({"traceparent": origin}))]
    links = [trace.Link(trace.get_current_span(parent).get_span_context()) for parent in parents[1:]]
    kind = trace.SpanKind[described.kind.upper()]
    token = otel.attach(parents[0] if parents else Context())
    try:
        with trace.get_tracer(_SCOPE).start_as_current_span(name, kind=kind, attributes=attributes, links=links):
            yield
    finally:
        otel.detach(token)


def _distinct(origins: Iterable[str | None]) -> Iterator[str | None]:
    """Each once, in order; no more is looked at than is asked for (a batch may have come from thousands)."""
    seen = set()
    for origin in origins:
        if origin not in seen:
            seen.add(origin)
            yield origin


def traceparent() -> str | None:
    """The current trace as a W3C `traceparent`; None outside any."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


def enter_trace(traceparent: str | None) -> Token[Any] | None:
    """Make sure there is a current trace: the caller's, or a new one; None when a recording span has begun it already.

    A trace that nobody records still joins the logs of a request to each other and to the events it appends.
    """
    if trace.get_current_span().get_span_context().is_valid:
        return None
    context = _W3C.extract({"traceparent": traceparent}) if traceparent else None
    if context is None or not trace.get_current_span(context).get_span_context().is_valid:
        own = SpanContext(random.getrandbits(128), random.getrandbits(64), is_remote=False, trace_flags=TraceFlags(0))
        context = trace.set_span_in_context(NonRecordingSpan(own))
    return otel.attach(context)


def leave_trace(token: Token[Any] | None) -> None:
    """Undo `enter_trace`."""
    if token is not None:
        otel.detach(token)


def record_failure(failure: BaseException) -> None:
    """Note a failure on the current span."""
    current = trace.get_current_span()
    current.record_exception(failure)
    current.set_status(Status(StatusCode.ERROR, type(failure).__name__))


def trace_ids() -> tuple[str, str] | None:
    """Trace and span id of the current trace in hexadecimal; None outside any."""
    context = trace.get_current_span().get_span_context()
    return (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else None
