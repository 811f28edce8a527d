"""What all pages stand on: the way to the API, the templates, the assets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import jinja2

from arena.chassis.core.settings import Registration
from arena.web.assets import Assets
from arena.web.views import words

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Site:
    """The parts, constructed once."""

    http: httpx.AsyncClient
    templates: jinja2.Environment
    assets: Assets
    registration: Registration
    now: Callable[[], datetime]

    def render(self, template: str, context: dict[str, Any]) -> str:
        """A page as text."""
        return self.templates.get_template(template).render(context)


def open_templates(assets: Assets, folder: Path = TEMPLATES) -> jinja2.Environment:
    """The environment: everything is escaped, a name that is not there is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"asset": assets.address}
    environment.filters |= {"number": words.number, "plural": words.plural, "ordinal": words.ordinal}
    return environment
