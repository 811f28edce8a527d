"""Telemetry of a process, set up once by its main: metrics for Prometheus, traces to a collector when there is one."""

from collections.abc import Callable
from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.core.settings import Settings
from arena.chassis.core.telemetry import up_down_counter

_SCOPE: Final = "arena"


def set_up_telemetry(settings: Settings) -> Callable[[], None]:
    """Set the global providers; returns what ends them. Spans are recorded only when there is a collector to send them to."""
    resource = Resource.create({"service.name": settings.service_name})
    meters = MeterProvider(metric_readers=[PrometheusMetricReader(scope_info_enabled=False)], resource=resource)
    metrics.set_meter_provider(meters)
    if settings.otlp_endpoint is None:
        return meters.shutdown
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(tracers)

    def end() -> None:
        tracers.shutdown()
        meters.shutdown()

    return end


def trace_engine(engine: AsyncEngine, tracer_provider: trace.TracerProvider | None = None) -> None:
    """Make a span of every SQL statement of the engine (when spans are recorded: it slows each statement).

    The tracer is attached to the engine itself: `SQLAlchemyInstrumentor` takes engines once a process only,
    wraps functions of SQLAlchemy for everybody, and does nothing on SQLAlchemy 2.1 unless told to skip its check.
    """
    tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
    usage = up_down_counter("db.client.connections.usage")
    EngineTracer(tracer, engine.sync_engine, usage)  # type: ignore[no-untyped-call]  # the instrumentation has no annotations
