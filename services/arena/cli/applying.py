"""`arena apply`, `delete`: what kubectl does on a cluster, on this machine."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from arena.chassis.core.ids import new_id
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.cli.connect import address_of, readiness
from arena.cli.console import fail, say
from arena.cli.manifests import Files, KindWord, Namespace, NameWord, Reference, manifests, reference, referred
from arena.cli.resource_sources import with_resources
from arena.cli.settings import WRONG_USE, current_settings
from arena.embedded.resources import storage, use_cases
from arena.embedded.resources.objects import DEFAULT_NAMESPACE, Given, manifest
from arena_operator.crd.validate import check, completed

_LOOK = 0.3


class ManifestRefused(Exception):
    """The manifest breaks a rule that the API server would refuse it for; the message names field and rule."""

    slug = "manifest-refused"


def apply(
    files: Files = None,
    namespace: Namespace = DEFAULT_NAMESPACE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it, against what is there.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Make what manifests declare true: the files that `kubectl apply` takes.

    `arena up` acts upon them; `arena get battles` shows how they stand, `arena explain battle NAME` why.
    """
    if not files:
        fail("Say what to apply with -f FILE.", WRONG_USE)
    for line in with_resources(lambda uow: _apply_all(uow, manifests(files), namespace, dry_run=dry_run)):
        say(line)
    if not dry_run and readiness(address_of(current_settings())) is None:
        say("The platform is not running here: `arena up` will act upon it.")


def delete(
    kind: KindWord = None,
    name: NameWord = None,
    files: Files = None,
    namespace: Namespace = DEFAULT_NAMESPACE,
    wait: Annotated[float, typer.Option(help="Seconds to wait until it is gone; 0 does not wait.", min=0, max=600)] = 10.0,
) -> None:
    """Let a resource end; its battle goes on unless it says Cancel.

    That is spec.deletionPolicy; a battle that runs is never called off, and its resource goes only with an annotation.
    """
    for one in referred(kind, name, files, namespace):
        with_resources(lambda uow, one=one: use_cases.delete(uow, *one))  # type: ignore[misc] # mypy cannot infer a lambda with a default
        say(f"{one} {_end_of(one, wait)}")


async def _apply_all(uow: UnitOfWork, documents: list[Mapping[str, Any]], namespace: str, *, dry_run: bool) -> list[str]:
    """All of them or none: a line for each."""
    return [await _apply(uow, document, namespace, dry_run=dry_run) for document in documents]


async def _apply(uow: UnitOfWork, document: Mapping[str, Any], namespace: str, *, dry_run: bool) -> str:
    where = reference(document, namespace)
    old = await storage.find(uow, *where)
    wrong = check(document, None if old is None else manifest(old))
    if wrong:
        raise ManifestRefused("\n".join(f"{where} is refused: {' '.join(filter(None, (one.field, one.message)))}." for one in wrong))
    if dry_run:
        return f"{where} is valid"
    became, _ = await use_cases.apply(uow, Given.of(completed(document), namespace), new_id)
    return f"{where} {became}"


def _end_of(wanted: Reference, wait: float) -> str:
    """What became of it within the time."""
    until = time.monotonic() + wait
    while True:
        left = with_resources(lambda uow: storage.find(uow, *wanted))
        if left is None:
            return "deleted"
        if time.monotonic() >= until:
            return f"is being deleted; `arena describe {wanted.kind.lower()} {wanted.name}` says what it waits for"
        time.sleep(_LOOK)
