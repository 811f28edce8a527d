"""What can go wrong with a call."""

from dataclasses import dataclass
from typing import Any


class Unreachable(Exception):
    """Nobody answered at the address."""


@dataclass(frozen=True)
class FieldProblem:
    """One value that breaks a rule."""

    field: str
    rule: str
    message: str


class ApiProblem(Exception):
    """The API refused (RFC 9457): `slug` is stable, `detail` is for people, `fields` name what was wrong."""

    def __init__(self, status: int, document: dict[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.slug = str(document.get("type", "")).rsplit("/", 1)[-1]
        self.detail = str(document.get("detail", ""))
        self.request_id = str(document.get("request_id", ""))
        self.retry_after = retry_after
        self.fields = tuple(
            FieldProblem(str(e.get("field", "")), str(e.get("rule", "")), str(e.get("message", ""))) for e in document.get("errors", ())
        )
        super().__init__(f"{status} {self.slug}: {self.detail}")
