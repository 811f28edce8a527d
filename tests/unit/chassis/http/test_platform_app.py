"""Several services behind one address: health, dispatch, lifespans, one OpenAPI document."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, create_model

from arena.chassis.core.settings import Settings
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.openapi import merge_openapi
from arena.chassis.http.platform_app import compose_apps
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app

Serve = Callable[..., httpx.AsyncClient]


class Shared(BaseModel):
    """The same in every service."""

    size: int


def service(name: str, authenticator: Authenticator, log: list[str], prefix: str) -> FastAPI:
    own = create_model("Thing", **{name: (int, ...)})  # type: ignore[call-overload]  # the field's name differs, the model's does not
    router = Router(prefix, tags=[name])

    @router.get("/things", response_model=own)
    async def show() -> dict[str, int]:
        return {name: 1}

    @router.post("/things")
    async def make(body: Shared) -> Shared:
        return body

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log.append(f"{name} begins")
        yield
        log.append(f"{name} ends")

    return create_app(title=name, prefix=prefix, routers=[router], settings=Settings(), authenticator=authenticator, lifespan=lifespan)


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def apps(authenticator: Authenticator, log: list[str]) -> Sequence[FastAPI]:
    return [service(name, authenticator, log, prefix) for name, prefix in (("birds", "/api/birds"), ("trees", "/api/trees"), ("pages", ""))]


@pytest.fixture
async def client(apps: Sequence[FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(compose_apps(apps, settings=Settings())), base_url="http://arena.test"
    ) as opened:
        yield opened


async def test_each_path_goes_to_the_app_it_belongs_to(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/birds/things")).json() == {"birds": 1}
    assert (await client.get("/api/trees/things")).json() == {"trees": 1}
    assert (await client.get("/things")).json() == {"pages": 1}


@pytest.mark.parametrize("path", ["/api/birdsong/things", "/api/", "/api", "/api/fish/things", "/elsewhere"])
async def test_a_path_that_belongs_to_none_is_404(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_lifespans_begin_in_order_and_end_in_reverse(apps: Sequence[FastAPI], log: list[str]) -> None:
    platform = compose_apps(apps, settings=Settings())
    async with platform.rest.router.lifespan_context(platform.rest):
        assert log == ["birds begins", "trees begins", "pages begins"]
    assert log[3:] == ["pages ends", "trees ends", "birds ends"]


async def test_one_document_describes_all_services_with_full_paths(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/api/birds/things", "/api/trees/things", "/things"}
    operation = document["paths"]["/api/birds/things"]["get"]
    assert operation["operationId"] == "birds_show"
    refusal = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"]
    assert refusal == "#/components/schemas/Problem"
    assert "type" in document["components"]["schemas"]["Problem"]["required"]


def test_schemas_of_one_name_that_differ_get_the_services_name_in_front(apps: Sequence[FastAPI]) -> None:
    document = merge_openapi(apps, title="x", version="1")
    assert {"Thing", "TreesThing", "PagesThing", "Shared"} <= set(document["components"]["schemas"])
    assert "TreesShared" not in document["components"]["schemas"]
    schema = document["paths"]["/api/trees/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/TreesThing"}
    assert "trees" in document["components"]["schemas"]["TreesThing"]["properties"]


def test_merging_twice_gives_the_same_document(apps: Sequence[FastAPI]) -> None:
    assert merge_openapi(apps, title="x", version="1") == merge_openapi(apps, title="x", version="1")


def test_a_route_outside_the_prefix_is_refused_when_the_app_is_made(authenticator: Authenticator, log: list[str]) -> None:
    with pytest.raises(ValueError, match="outside /api/fish"):
        create_app(
            title="x", prefix="/api/fish", routers=[Router("/api/birds"), _one_route()], settings=Settings(), authenticator=authenticator
        )
    assert log == []


def _one_route() -> Router:
    router = Router("/api/birds")

    @router.get("/things")
    async def show() -> int:
        return 1

    return router


async def test_a_process_that_runs_is_live_whatever_its_checks_say(serve: Serve) -> None:
    async def broken() -> None:
        raise ConnectionError("password=secret")

    answer = await serve(_things(), checks={"database": broken}).get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_process_is_ready_when_every_check_passes_in_time(serve: Serve) -> None:
    async def fine() -> None: ...

    async def broken() -> None:
        raise ConnectionError("password=secret")

    async def slow() -> None:
        await asyncio.sleep(60)

    ready = await serve(_things(), checks={"database": fine}).get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok"})
    unready = await serve(_things(), checks={"database": broken, "consumer": slow, "disk": fine}).get("/readyz")
    assert unready.status_code == 503
    assert unready.json() == {"status": "unavailable", "database": "failed", "consumer": "too slow", "disk": "ok"}


def _things() -> Router:
    return Router("/api/things")
