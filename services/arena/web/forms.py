"""Forms: what was typed, what was wrong with it, and that it came from a page of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from arena.chassis.core.errors import CsrfCheckFailed
from arena.client.errors import ApiProblem
from arena.web.session import is_ours

CSRF_FIELD: Final = "csrf"
_SECRET: Final = ("password", "current", "new", CSRF_FIELD)
_KINDER: Final = {
    "decimal_parsing": "Write a number, such as 5.5.",
    "decimal_type": "Write a number, such as 5.5.",
    "decimal_max_places": "At most three decimals are kept.",
    "int_parsing": "Write a whole number.",
    "int_type": "Write a whole number.",
    "missing": "Fill this in.",
    "string_too_short": "Fill this in.",
    "too_short": "Choose at least one.",
    "datetime_parsing": "Write a date and a time.",
    "datetime_from_date_parsing": "Write a date and a time.",
}
"""What a rule of the API's parser means to somebody who fills in a form."""
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Submission:
    """The fields of a form that was sent."""

    fields: FormData

    def text(self, name: str) -> str:
        """A field without the blanks around it; what is missing is empty."""
        return self.secret(name).strip()

    def secret(self, name: str) -> str:
        """A field as it was typed: a password may begin with a blank."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        """Every value of a field that can be ticked more than once."""
        return [value for value in self.fields.getlist(name) if isinstance(value, str)]

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def file(self, name: str) -> UploadFile | None:
        """A file, if one was chosen."""
        value = self.fields.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def kept(self) -> dict[str, list[str]]:
        """What to show again: everything but secrets and files."""
        names = [name for name in self.fields if name not in _SECRET]
        return {name: self.many(name) for name in names if self.many(name)}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it: values by name, an error beside the field it is about, and one for the whole."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, **values: object) -> "Form":
        """A form filled in with what is so far."""
        return cls({name: [str(value)] for name, value in values.items() if value is not None})

    def value(self, name: str) -> str:
        """What stands in a field."""
        values = self.values.get(name, ())
        return values[0] if values else ""

    def has(self, name: str, value: str) -> bool:
        """Whether this choice is ticked."""
        return value in self.values.get(name, ())

    def error(self, name: str) -> str:
        """What is wrong with a field."""
        return self.errors.get(name, "")


def refused(submission: Submission, problem: ApiProblem, inputs: Mapping[str, str]) -> Form:
    """The form again after the API refused it.

    Args:
        submission: what was typed; kept.
        problem: what was wrong.
        inputs: the API's name of a field → the form's; names inside an object count for the object.
    """
    errors: dict[str, str] = {}
    rest: list[str] = []
    for wrong in problem.fields:
        name = _input_of(wrong.field, inputs)
        if name is None:
            rest.append(wrong.message)
        else:
            errors.setdefault(name, _KINDER.get(wrong.rule) or sentence(wrong.message))
    words = sentence(rest[0]) if rest else "" if errors else sentence(problem.detail)
    return Form(submission.kept(), errors, words, "" if errors else problem.request_id)


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    words = words.strip()
    if not words:
        return "This was refused."
    return words[0].upper() + words[1:] + ("" if words[-1] in ".?!" else ".")


def _input_of(api_field: str, inputs: Mapping[str, str]) -> str | None:
    parts = api_field.split(".")
    for length in range(len(parts), 0, -1):
        if (name := inputs.get(".".join(parts[:length]))) is not None:
            return name
    return None


async def _submission(request: Request) -> Submission:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        raise CsrfCheckFailed("This address takes forms of our own pages only; nothing was stored.")
    fields = await request.form()
    repeated = fields.get(CSRF_FIELD, "")
    if not isinstance(repeated, str) or not is_ours(request, repeated):
        raise CsrfCheckFailed(
            "This form is too old, or came from somewhere else. Nothing was stored: go back, load the page again and send it once more."
        )
    return Submission(fields)


Submitted = Annotated[Submission, Depends(_submission)]
"""The form that a page of ours sent; raises CsrfCheckFailed."""
