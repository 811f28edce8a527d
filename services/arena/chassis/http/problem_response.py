"""The exception handlers every app has: what FastAPI and Starlette raise becomes a problem too."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from arena.chassis.core.telemetry import counter
from arena.chassis.http.problems import MEDIA_TYPE, Problem, ProblemBook

_METHOD_NOT_ALLOWED = 405


def answer_with_problems(app: FastAPI, book: ProblemBook) -> None:
    """Install the handlers; all other exceptions reach `Front`, which reads them in the same book."""

    async def refuse(request: Request, failure: Exception) -> Response:
        problem = book.problem_of(failure)
        response = problem_response(problem, request)
        if problem.status == _METHOD_NOT_ALLOWED:
            response.headers["allow"] = ", ".join(allowed_methods(app, request))
        return response

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(RequestValidationError, refuse)


def problem_response(problem: Problem, request: Request) -> Response:
    """The problem as a response."""
    counter("arena.http.refused").add(1, {"problem": problem.slug})
    body = problem.body(instance=request.url.path, request_id=request.scope.get("arena.request_id", ""))
    return Response(body, problem.status, dict(problem.headers), MEDIA_TYPE)


def allowed_methods(app: FastAPI, request: Request) -> list[str]:
    """The methods of all routes at the address (Starlette names those of the first one only)."""
    methods: set[str] = set()
    for route in app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)
