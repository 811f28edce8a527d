"""Nothing small runs in FastAPI's thread pool: a hop there and back costs more than what it does."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

ROOMS = ("identity", "habits", "scoring", "battles", "live", "web")


def routes() -> Iterator[APIRoute]:
    for room in ROOMS:
        package = importlib.import_module(f"arena.{room}")
        for found in pkgutil.walk_packages(package.__path__, f"arena.{room}."):
            if ".migrations" not in found.name:
                for value in vars(importlib.import_module(found.name)).values():
                    if isinstance(value, APIRouter):
                        yield from (route for route in value.routes if isinstance(route, APIRoute))


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for below in dependant.dependencies:
        yield from called(below)


def test_every_route_and_dependency_is_a_coroutine() -> None:
    everything = [call for route in routes() for call in called(route.dependant)]
    assert len(everything) > 100, "the routes were not found"
    plain = {
        f"{call.__module__}.{call.__qualname__}"
        for call in everything
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }
    assert not plain, "FastAPI would run these in a thread; write `async def`"
