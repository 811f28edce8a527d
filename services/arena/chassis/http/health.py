"""Readiness: checks with a name and an end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

Check = Callable[[], Awaitable[None]]
"""Returns when all is well, raises when it is not."""

_log = structlog.get_logger(__name__)


async def run_checks(checks: Mapping[str, Check], *, seconds: float) -> dict[str, str]:
    """What each check found: `ok`, `too slow` or `failed` (the reason is for the log, not for whoever asks)."""
    results = await asyncio.gather(*(_run(name, check, seconds) for name, check in checks.items()))
    return dict(zip(checks, results, strict=True))


async def _run(name: str, check: Check, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except TimeoutError:
        _log.warning("check_too_slow", check=name, seconds=seconds)
        return "too slow"
    except Exception:  # noqa: BLE001 - whatever makes a check fail, the process is not ready; the log has the reason
        _log.warning("check_failed", check=name, exc_info=True)
        return "failed"
    return "ok"
