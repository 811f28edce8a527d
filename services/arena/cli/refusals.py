"""What went wrong, as a sentence that says what to do. What has none here is a mistake of ours and keeps its traceback."""

from collections.abc import Callable
from typing import Any

import msgspec
from psycopg import Error as DatabaseFailure
from sqlalchemy.exc import SQLAlchemyError

from arena.chassis.core.errors import Named
from arena.client.errors import ApiProblem, Unreachable

UNAUTHORIZED = 401
FORBIDDEN = 403
TOO_MANY = 429
BROKEN = 500


def in_words(failure: BaseException) -> str | None:
    """The sentence for a failure, or None."""
    if isinstance(failure, BaseExceptionGroup):
        return next((words for one in failure.exceptions if (words := in_words(one))), None)
    return next((words(failure) for kinds, words in _WORDS if isinstance(failure, kinds)), None)


def _unreachable(failure: Any) -> str:
    return f"{_capital(str(failure))}. Start the platform with `arena up`, or name another address with --url."


def _foreign(_: Any) -> str:
    return "What answers there does not speak as HabitArena does: is it another program, or another version? Check --url."


def _database(failure: Any) -> str:
    lines = str(failure).strip().splitlines()
    return f"The database refused: {_sentence(lines[0] if lines else type(failure).__name__)} `arena doctor` looks for the cause."


def _named(failure: Any) -> str:
    return _sentence(getattr(failure, "detail", None) or str(failure))


def refused_by_api(problem: ApiProblem) -> str:
    """What the API refused, field by field, and what helps."""
    said = "; ".join(f"{wrong.field}: {wrong.message}" for wrong in problem.fields) or problem.detail or problem.slug or str(problem.status)
    return " ".join(filter(None, (_sentence(_capital(said)), _advice(problem))))


def _advice(problem: ApiProblem) -> str:
    if problem.status == UNAUTHORIZED:
        return "Check --email and the password; `arena user reset` sets a new one."
    if problem.slug in {"invite-needed", "registration-closed"}:
        return "Start the platform with ARENA_REGISTRATION=open, or give accounts with `arena user create`."
    if problem.status == TOO_MANY:
        return "Wait a minute and try again; ARENA_SIGN_INS_PER_MINUTE and ARENA_WRITES_PER_SECOND raise the limits."
    if problem.status >= BROKEN:
        return f"The server's log says more{f' (request {problem.request_id})' if problem.request_id else ''}."
    return ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


_WORDS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (Unreachable, _unreachable),
    (ApiProblem, refused_by_api),
    (msgspec.MsgspecError, _foreign),
    ((SQLAlchemyError, DatabaseFailure), _database),
    (Named, _named),
)
