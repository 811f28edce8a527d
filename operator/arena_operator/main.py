"""The operator's process: `arena-operator`, or `python -m arena_operator.main`."""

import argparse
import asyncio
import logging
import random
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Final

import uvloop

from arena.chassis.core.clock import Clock, SystemClock
from arena.chassis.core.collector import tame_collector
from arena.chassis.core.logging import get_logger, set_up_logging
from arena.chassis.core.settings import SettingsError
from arena.chassis.core.settings import load_settings as load_chassis
from arena.chassis.core.tasks import end, unless
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena_operator.adapters.platform_clock import PlatformClock
from arena_operator.adapters.platform_http import HttpPlatform
from arena_operator.adapters.token_file import TokenFile
from arena_operator.cluster.access import Access, NoAccess, find_access
from arena_operator.cluster.api import Api, ApiError, ApiUnreachable
from arena_operator.cluster.cache import Cache
from arena_operator.cluster.events import Events
from arena_operator.cluster.lease import Lease
from arena_operator.cluster.listing import Listing
from arena_operator.cluster.namespaces import KubernetesNamespaces
from arena_operator.cluster.series import KubernetesSeries
from arena_operator.cluster.store import KubernetesStore
from arena_operator.handlers.health import Health, PortTaken
from arena_operator.handlers.leading import Leading, may_act
from arena_operator.handlers.passes import Passes
from arena_operator.handlers.queue import Queue
from arena_operator.handlers.settings import OperatorSettings, describe, load_settings
from arena_operator.handlers.waking import Waking
from arena_operator.handlers.watching import watch
from arena_operator.handlers.workers import Workers

_log = get_logger(__name__)
_WRONG_USE: Final = 2
_LATE_SECONDS: Final = 30.0
"""How often a kind is listed that was defined after we began, and so is not watched."""


class Operator:
    """All parts, constructed; `run` is its life.

    Args:
        settings: of the process.
        access: to the API server.
        machine: the clock of this machine.
    """

    def __init__(self, settings: OperatorSettings, access: Access, machine: Clock) -> None:
        clock = PlatformClock(machine)
        self._settings = settings
        self._access = access
        identity = settings.identity or f"{socket.gethostname()}_{token_hex(4)}"
        self._api = Api(access)
        self._cache = Cache()
        self._queue = Queue(monotonic, random.random)
        self._lease = Lease(
            self._api,
            namespace=settings.lease_namespace or access.namespace,
            name=settings.lease_name,
            identity=identity,
            duration=settings.lease_seconds,
        )
        acts = may_act(self._lease)
        self._listing = Listing(self._api, self._cache, settings.namespace)
        live_url = settings.live_url or settings.platform_url
        self._platform = HttpPlatform(settings.platform_url, live_url, TokenFile(settings.token_file), heard=clock.heard)
        namespaces = KubernetesNamespaces(self._api, self._cache, acts)
        store = KubernetesStore(self._api, self._cache, Events(self._api, identity, clock.now), acts)
        concerned = partial(namespaces.concerned, now=clock.now)
        self._waking = Waking(self._cache, self._queue, acts, namespaces.forget, concerned)
        clock.moved = self._waking.everything
        passes = Passes(self._platform, store, namespaces, KubernetesSeries(self._api, self._cache, store, acts, self._waking.changed))
        workers = Workers(self._queue, passes, self._cache, lambda: self._lease.fence, clock, resync=settings.resync_seconds)
        self._leading = Leading(self._lease, workers, self._waking, count=settings.workers, grace=settings.grace_seconds)
        self._health = Health(self._queue, acts, lambda: self._awaited)
        self._awaited: str | None = "not listed yet"

    async def run(self) -> None:
        """Watch, lead when it is our turn, and end cleanly on SIGTERM. Raises PortTaken, or what made a part end."""
        stopping, unwatched = asyncio.Event(), asyncio.Event()
        try:
            close_health = await self._health.serve(self._settings.host, self._settings.port)
        except PortTaken:
            await self._close()
            raise
        acting = asyncio.create_task(self._act(stopping))
        refreshing = asyncio.create_task(self._refresh_now_and_then(stopping))
        watching = asyncio.create_task(
            watch(self._access, self._waking, self._settings.namespace, unwatched, lambda: _on_signals(stopping.set))
        )
        told = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({acting, refreshing, watching, told}, return_when=asyncio.FIRST_COMPLETED)
            stopping.set()
            if watching.done():  # kopf has broken off whatever began after it, so nothing is left to end in order
                await end({acting, refreshing})
            await asyncio.wait({acting, refreshing})
            unwatched.set()
            for task in (watching, acting, refreshing):
                await task
        finally:
            told.cancel()
            await close_health()
            await self._close()

    async def _act(self, stopping: asyncio.Event) -> None:
        """List first, so that no pass runs half blind; then lead or stand by."""
        while not stopping.is_set() and self._awaited is not None:
            try:
                await self._listing.refresh()
                self._awaited = None
            except (ApiError, ApiUnreachable) as trouble:
                self._awaited = f"the resources cannot be listed: {trouble}"
                _log.warning("not_listed", why=str(trouble))
                await unless(stopping, asyncio.sleep(2))
        tame_collector()
        if not stopping.is_set():
            await self._leading.run(stopping)

    async def _refresh_now_and_then(self, stopping: asyncio.Event) -> None:
        """A watch that broke off forgets what was deleted in the gap: list all again, seldom; and often what nothing watches."""
        left = self._settings.resync_seconds
        while not stopping.is_set():
            pause = min(left, _LATE_SECONDS)
            await unless(stopping, asyncio.sleep(pause))
            if stopping.is_set():
                return
            left -= pause
            try:
                gone = await (self._listing.refresh_late(self._waking.changed) if left > 0 else self._listing.refresh())
                for entry in gone:
                    self._waking.deleted(entry.kind, entry.uid)
            except (ApiError, ApiUnreachable) as trouble:
                _log.warning("not_listed", why=str(trouble))
            left = left if left > 0 else self._settings.resync_seconds

    async def _close(self) -> None:
        await self._platform.close()
        await self._api.close()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)


async def _serve(settings: OperatorSettings, access: Access, machine: Clock) -> None:
    await Operator(settings, access, machine).run()


def run(arguments: list[str] | None = None, machine: Clock | None = None) -> int:
    """Run until SIGTERM, by the clock of this machine if no other is given; answers the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.settings:
        print("\n".join(f"{name}={default}\n    {words}" for name, default, words in describe()))  # noqa: T201 - what was asked for
        return 0
    try:
        settings = load_settings(namespace=asked.namespace, context=asked.context)
        access = find_access(settings.context)
        chassis = load_chassis(service_name="arena-operator")
    except (SettingsError, NoAccess) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return _WRONG_USE
    set_up_logging(settings.log_level)
    logging.getLogger("kopf").setLevel(max(logging.WARNING, logging.getLogger().level))
    end_telemetry = set_up_telemetry(chassis)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, access, machine or SystemClock()))
    except PortTaken as taken:
        sys.stderr.write(f"{taken}\n")
        return _WRONG_USE
    except Exception as failure:  # noqa: BLE001 - the last line of a process that cannot go on; whoever runs it starts it again
        _log.error("operator_ended", why=str(failure), exc_info=failure)
        return 1
    finally:
        end_telemetry()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="arena-operator", description="Makes Battle and BattleSeries resources true.")
    parser.add_argument("--namespace", help="look after this namespace only, without rights on others")
    parser.add_argument("--context", help="context of the kubeconfig, outside a cluster")
    parser.add_argument("--settings", action="store_true", help="list the settings and end")
    return parser


if __name__ == "__main__":
    sys.exit(run())
