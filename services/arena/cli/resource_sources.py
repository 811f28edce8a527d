"""Where a command looks for resources: this installation's own tables, or a cluster, as kubectl sees it."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Protocol, TypeVar

import typer

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.cli.console import fail
from arena.cli.manifests import Reference
from arena.cli.offline import offline_units
from arena.cli.settings import WRONG_USE, current_settings
from arena.embedded.resources import storage, use_cases
from arena.embedded.resources.objects import manifest

OnCluster = Annotated[bool, typer.Option("--kube", help="Look at the cluster of kubectl's current context, not at this machine.")]
T = TypeVar("T")


class Source(Protocol):
    """Where resources are."""

    def find(self, wanted: Reference) -> Mapping[str, Any]:
        """One resource as a manifest; ends the command when there is none."""

    def listing(self, kind: str, namespace: str | None) -> list[Mapping[str, Any]]:
        """All of a kind, in one namespace or in all."""


def source_of(*, kube: bool) -> Source:
    """The one a command was told to use."""
    return Kubectl() if kube else Local()


class Local:
    """The tables of this installation."""

    def find(self, wanted: Reference) -> Mapping[str, Any]:
        """One resource, or something that one owns."""
        return with_resources(lambda uow: _find(uow, wanted))

    def listing(self, kind: str, namespace: str | None) -> list[Mapping[str, Any]]:
        """As they stand."""

        async def read(uow: UnitOfWork) -> list[Mapping[str, Any]]:
            return [manifest(found) for found in await storage.listing(uow, kind, namespace)]

        return with_resources(read)


class Kubectl:
    """A cluster; credentials, context and their errors are kubectl's."""

    def find(self, wanted: Reference) -> Mapping[str, Any]:
        """One resource; without a namespace in that of the context."""
        where = ["--namespace", wanted.namespace] if wanted.namespace else []
        found: Mapping[str, Any] = _kubectl("get", wanted.kind.lower(), wanted.name, *where)
        return found

    def listing(self, kind: str, namespace: str | None) -> list[Mapping[str, Any]]:
        """As they stand."""
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        items: list[Mapping[str, Any]] = _kubectl("get", kind.lower(), *where)["items"]
        return items


def with_resources(act: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    """One unit of work over the resources of this installation; a named refusal ends the command with its sentence."""

    async def run() -> T:
        async with offline_units(current_settings(), "resources") as units, units.begin() as uow:
            return await act(uow)

    return asyncio.run(run())


async def _find(uow: UnitOfWork, wanted: Reference) -> Mapping[str, Any]:
    if wanted.kind == "ConfigMap":
        found = await storage.find_owned(uow, *wanted)
        if found is None:
            raise use_cases.not_found(*wanted)
        return found
    return manifest(await use_cases.find(uow, *wanted))


def _kubectl(*arguments: str) -> Any:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        fail("--kube needs kubectl on the PATH.", WRONG_USE)
    done = subprocess.run([kubectl, *arguments, "--output", "json"], capture_output=True, text=True, check=False)  # noqa: S603 - arguments are no shell words
    if done.returncode:
        fail(done.stderr.strip() or f"kubectl {' '.join(arguments)} failed.")
    return json.loads(done.stdout)
