"""The app factory: every service is made here, so all behave alike."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider
from starlette.middleware import Middleware

from arena.chassis.core.settings import Settings
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.front import Front
from arena.chassis.http.problem_response import answer_with_problems
from arena.chassis.http.problems import ProblemBook
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.route import Router

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    *,
    title: str,
    prefix: str,
    routers: Sequence[Router],
    settings: Settings,
    authenticator: Authenticator,
    problems: Mapping[str, int] | None = None,
    units: Units | None = None,
    rate_limits: RateLimits | None = None,
    body_limits: Mapping[str, int] | None = None,
    lifespan: Lifespan | None = None,
    state: Mapping[str, Any] | None = None,
    tracer_provider: TracerProvider | None = None,
) -> FastAPI:
    """An app whose routes lie under `prefix`.

    Args:
        title: name of the service.
        prefix: such as `/api/battles`; every route of the routers begins with it (`Router("/api/battles")`).
        routers: the routes.
        settings: of the process.
        authenticator: finds out who is asking.
        problems: slug → status of the service's own errors.
        units: opens units of work for the door.
        rate_limits: shared by the apps of a process; made from the settings when not given.
        body_limits: paths that take more than 1 MB, with their limit in bytes.
        lifespan: what runs while the app does.
        state: further names on `app.state`, for the service's own dependencies.
        tracer_provider: records spans of requests; the global provider when not given.

    Raises:
        ValueError: a route lies outside the prefix.
    """
    book = ProblemBook(problems or {})
    front = Middleware(Front, book=book, body_limits=body_limits)
    telemetry = _telemetry(tracer_provider, on=tracer_provider is not None or settings.otlp_endpoint is not None)
    app = FastAPI(title=title, openapi_url=None, redirect_slashes=False, middleware=[front], lifespan=lifespan, telemetry=telemetry)
    for router in routers:
        _take_routes(app, router, prefix)
    answer_with_problems(app, book)
    limits = rate_limits or RateLimits(writes_per_second=settings.writes_per_second, sign_ins_per_minute=settings.sign_ins_per_minute)
    furnishing = {"units": units, "settings": settings, "authenticator": authenticator, "rate_limits": limits, "prefix": prefix}
    for name, value in (furnishing | {"request_timeout": settings.request_timeout} | dict(state or {})).items():
        setattr(app.state, name, value)
    return app


def _telemetry(tracer_provider: TracerProvider | None, *, on: bool) -> TelemetryConfig:
    """FastAPI's own telemetry makes the span of a request when spans are recorded; off, it costs nothing.

    Metrics come from `Front`, at a fraction of the price.
    """
    return {
        "tracing": on,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "tracer_provider": tracer_provider,
        "auto_configure": False,
    }


def _take_routes(app: FastAPI, router: Router, prefix: str) -> None:
    """Routes are taken over as they are: `include_router` would match each request twice (10 µs)."""
    for route in router.routes:
        path = getattr(route, "path", "")
        if not path.startswith(prefix):
            raise ValueError(f"route {path} of {app.title} lies outside {prefix}")
        app.router.routes.append(route)
