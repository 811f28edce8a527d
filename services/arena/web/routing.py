"""The router of pages: routes like every service's, absent from the OpenAPI document, which is for programs."""

from arena.chassis.http.route import Router


def page_router() -> Router:
    """A router for one module of pages."""
    router = Router("")
    router.include_in_schema = False
    return router
