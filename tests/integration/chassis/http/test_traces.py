"""One trace runs from the request to the SQL it causes."""

from collections.abc import Callable

import httpx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.core.telemetry import trace_ids
from arena.chassis.core.telemetry_setup import trace_engine
from arena.chassis.db.database import create_engine
from arena.chassis.http.door import WriteUnitOfWork
from arena.chassis.http.route import Router

Serve = Callable[..., httpx.AsyncClient]
TRACE = "0af7651916cd43dd8448eb211c80319c"


def things() -> Router:
    router = Router("/api/things")

    @router.post("/{name}")
    async def make(name: str, uow: WriteUnitOfWork) -> tuple[str, str] | None:
        await uow.connection.execute(text("insert into thing (name) values (:name)"), {"name": name})
        return trace_ids()

    return router


async def test_the_spans_of_a_request_and_its_sql_are_one_trace_that_goes_on_from_the_callers(serve: Serve, engine: AsyncEngine) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_engine(engine, provider)
    client = serve(things(), tracer_provider=provider)
    answer = await client.post("/api/things/secret-name", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert answer.json()[0] == TRACE
    spans = exporter.get_finished_spans()
    assert {f"{span.context.trace_id:032x}" for span in spans if span.context} == {TRACE}
    names = [span.name for span in spans]
    assert "POST /api/things/{name}" in names
    inserts = [span for span in spans if span.name.lower().startswith("insert")]
    assert len(inserts) == 1
    request = next(span for span in spans if span.name == "POST /api/things/{name}")
    assert inserts[0].parent is not None
    assert request.context is not None
    assert inserts[0].parent.span_id == request.context.span_id
    assert "secret-name" not in str(dict(inserts[0].attributes or {}))


async def test_without_a_provider_nothing_is_recorded_and_the_trace_still_has_ids(serve: Serve) -> None:
    answer = await serve(things()).post("/api/things/a", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert answer.json()[0] == TRACE


async def test_each_engine_of_a_process_is_traced_not_the_first_alone(url: URL) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for _ in range(2):
        engine = create_engine(url)
        trace_engine(engine, provider)
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))
        await engine.dispose()
    assert len([span for span in exporter.get_finished_spans() if span.name.lower().startswith("select")]) == 2
