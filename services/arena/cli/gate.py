"""`arena gate`: whether now is a time for something that may disturb who is playing."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from arena.cli.console import AsJson, fail, say, show_json
from arena.cli.resource_sources import OnCluster, source_of

app = typer.Typer(help="Whether now is a time to deploy: no while protected battles run.", no_args_is_help=True)
_PROTECTED = frozenset({"Running", "Grace", "Audit"})


@app.callback()
def _group() -> None:
    """Keep `deploy` a word of its own: other gates may follow."""


@app.command()
def deploy(
    kube: OnCluster = False,  # noqa: FBT002 - typer makes it the option --kube
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
    namespace: Annotated[str | None, typer.Option("-n", "--namespace", help="Only this namespace; left out: all.")] = None,
) -> None:
    """Exit code 0 when nothing speaks against a deployment, 1 with the reasons while protected battles run."""
    reasons = against(source_of(kube=kube).listing("Battle", namespace))
    if as_json:
        show_json({"go": not reasons, "reasons": reasons})
    if reasons:
        fail("" if as_json else "\n".join(f"no: {reason}" for reason in reasons))
    if not as_json:
        say("go: no protected battle is running")


def against(battles: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each battle that asks to be left alone now (`spec.protect`, and it has begun and is not final)."""
    return [_sentence(battle) for battle in battles if _protected(battle)]


def _protected(battle: Mapping[str, Any]) -> bool:
    spec, status = battle.get("spec") or {}, battle.get("status") or {}
    return bool(spec.get("protect")) and status.get("phase") in _PROTECTED


def _sentence(battle: Mapping[str, Any]) -> str:
    meta, status = battle["metadata"], battle["status"]
    window = status.get("window") or {}
    until = window.get("auditEnds") or window.get("end")
    words = f"Battle {meta.get('namespace', 'default')}/{meta['name']} is protected and {str(status['phase']).lower()}"
    return f"{words} until {until}" if until else words
