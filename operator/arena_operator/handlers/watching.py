"""kopf as a watcher and nothing more: it lists, watches, reconnects, and tells of each event."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final

import kopf

from arena_operator.cluster.access import Access
from arena_operator.cluster.kinds import BESIDE, DECLARED, Kind
from arena_operator.handlers.waking import Waking

_SERVER_TIMEOUT: Final = 290
"""Seconds of one watch request, as Kubernetes' own reflectors take."""
_PATIENCE: Final = 10_000
"""Attempts, eight seconds apart, to reach an API server that is away: about a day."""


def registry(access: Access, waking: Waking) -> kopf.OperatorRegistry:
    """Handlers of raw events only: none that keeps diffs, progress or finalisers."""
    made = kopf.OperatorRegistry()
    for kind in (*BESIDE, *DECLARED):
        kopf.on.event(kind.group, kind.version, kind.plural, registry=made, id=kind.plural)(_teller(kind, waking))
    kopf.on.login(registry=made)(login_as(access))
    kopf.on.startup(registry=made)(_configure)
    return made


async def watch(access: Access, waking: Waking, namespace: str | None, stopping: asyncio.Event, tasks: Callable[[], None]) -> None:
    """Watch until `stopping`; `tasks` is called once kopf has installed its signal handlers, so that ours come after.

    kopf cancels all tasks that began after it: those that are to outlive it must be there before.
    """
    before: Collection[asyncio.Task[Any]] = asyncio.all_tasks()
    spawned = await kopf.spawn_tasks(
        registry=registry(access, waking),
        standalone=True,
        clusterwide=namespace is None,
        namespaces=[] if namespace is None else [namespace],
        stop_flag=stopping,
    )
    tasks()
    await kopf.run_tasks(spawned, ignored=frozenset(before))


def _teller(kind: Kind, waking: Waking) -> Callable[..., Any]:
    async def tell(event: kopf.RawEvent, **_: Any) -> None:
        body: Any = event["object"]
        if event["type"] == "DELETED":
            waking.deleted(kind.name, body["metadata"]["uid"])
        else:
            waking.changed(kind.name, body)

    return tell


def login_as(access: Access) -> Callable[..., Any]:
    """A handler that tells kopf how to reach the API server."""

    async def login(**_: Any) -> kopf.ConnectionInfo:
        scheme, _space, token = (access.authorization() or "").partition(" ")
        return kopf.ConnectionInfo(
            server=access.server,
            ca_path=access.ca_file,
            certificate_path=access.certificate_file,
            private_key_path=access.key_file,
            scheme=scheme or None,
            token=token or None,
            default_namespace=access.namespace,
        )

    return login


async def _configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.watching.server_timeout = _SERVER_TIMEOUT
    settings.watching.client_timeout = _SERVER_TIMEOUT + 30
    settings.watching.connect_timeout = 10.0
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = 30.0
    settings.networking.error_backoffs = (1, 1, 2, 3, 5, *[8] * _PATIENCE)
    settings.queueing.idle_timeout = 0.1
    settings.queueing.exit_timeout = 1.0
    settings.process.ultimate_exiting_timeout = 60.0
    for kind in BESIDE:
        if kind.selector:
            settings.watching.label_selectors[kind.group, kind.plural] = kind.selector
