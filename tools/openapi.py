"""The OpenAPI document of all services, from the apps themselves; no database is opened for it."""

import json

from sqlalchemy import URL, make_url

from arena import __version__
from arena.chassis.core.settings import Settings
from arena.chassis.http.openapi import merge_openapi
from arena.embedded.platform import Secrets, assemble
from arena.identity.keys import generate_key


class _Nowhere:
    """Addresses of a database that nobody will call."""

    def url(self, service: str) -> URL:
        """An address that is never used."""
        return make_url(f"postgresql+psycopg://{service}@localhost/nowhere")


def render() -> str:
    """`docs/openapi.json`."""
    platform = assemble(Settings(), _Nowhere(), Secrets(generate_key(), "never-used-" * 4))
    document = merge_openapi([service.app for service in platform.services], title="HabitArena", version=__version__)
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
