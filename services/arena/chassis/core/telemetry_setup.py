"""Telemetry of a process, set up once by its main: metrics for Prometheus, traces to a collector when there is one."""

from collections.abc import Callable

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.core.settings import Settings


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
    """Make a span of every SQL statement of the engine; for when spans are recorded, as it costs some 30 µs a statement."""
    # skip_dep_check: the instrumentation declares SQLAlchemy < 2.1 and on 2.1 would silently do nothing.
    SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine, tracer_provider=tracer_provider, skip_dep_check=True)
