"""One process, one address: service apps side by side, health, and the OpenAPI document of all."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
from fastapi import FastAPI, Response
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from arena.chassis.core.settings import Settings
from arena.chassis.http.front import Front
from arena.chassis.http.health import Check, run_checks
from arena.chassis.http.openapi import merge_openapi
from arena.chassis.http.problem_response import answer_with_problems
from arena.chassis.http.problems import ProblemBook
from arena.chassis.http.route import Router

OPENAPI_PATH = "/api/openapi.json"
_OWN_PATHS = frozenset({"/livez", "/readyz"})
_CHECK_SECONDS = 2.0


class Platform:
    """Hands each request to the app whose prefix the path begins with; whatever fits none goes to `rest`.

    Paths are not changed, so routes, logs and OpenAPI show the address people use.
    """

    def __init__(self, apps: Sequence[FastAPI], rest: FastAPI) -> None:
        self.apps = tuple(apps)
        self.rest = rest
        self._by_prefix = {str(app.state.prefix): app for app in apps if app.state.prefix}
        self._pages = next((app for app in apps if not app.state.prefix), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self._app_for(scope)(scope, receive, send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        if scope["type"] == "lifespan":
            return self.rest
        path: str = scope["path"]
        end = path.find("/", len("/api/"))
        if app := self._by_prefix.get(path if end < 0 else path[:end]):
            return app
        if self._pages is None or path.startswith("/api/") or path in _OWN_PATHS:
            return self.rest
        return self._pages


def compose_apps(
    apps: Sequence[FastAPI], *, settings: Settings, checks: Mapping[str, Check] | None = None, title: str = "HabitArena", version: str = "0"
) -> Platform:
    """The apps as one; their lifespans begin in the order given and end in the reverse.

    Args:
        apps: from `create_app`; at most one has the prefix "" (the pages) and gets whatever is not under /api/.
        settings: of the process.
        checks: what /readyz asks, by name; each has two seconds.
        title: of the OpenAPI document.
        version: of the product.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps:
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    book = ProblemBook({})
    rest = FastAPI(
        title=title,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Front, book=book)],
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    rest.state.request_timeout = settings.request_timeout
    answer_with_problems(rest, book)
    rest.router.routes.extend(_own_routes(apps, checks or {}, title, version).routes)
    return Platform(apps, rest)


def _own_routes(apps: Sequence[FastAPI], checks: Mapping[str, Check], title: str, version: str) -> Router:
    router = Router("")

    @router.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        """The process runs; nothing else is asked, so that a dead database does not get it restarted."""
        return {"status": "ok"}

    @router.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, str]:
        """Whether requests can be served: each check by name."""
        results = await run_checks(checks, seconds=_CHECK_SECONDS)
        if any(result != "ok" for result in results.values()):
            response.status_code = 503
        return {"status": "ok" if response.status_code is None else "unavailable", **results}

    @router.get(OPENAPI_PATH, include_in_schema=False)
    async def openapi() -> Response:
        return Response(msgspec.json.encode(merge_openapi(apps, title=title, version=version)), media_type="application/json")

    return router
