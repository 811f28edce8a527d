"""What a plan can ask for. An action is small, safe to repeat, and says why in its own words (`because`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.status import BattleStatus, SeriesStatus


@dataclass(frozen=True, slots=True)
class Hold:
    """Put our finaliser on the resource, so that its end is not missed."""

    because: str


@dataclass(frozen=True, slots=True)
class LetGo:
    """Take our finaliser off: the resource may go."""

    because: str


@dataclass(frozen=True, slots=True)
class Declare:
    """Tell the platform what the battle is to be: it is drafted and opened, edited, or left alone if it is so already."""

    declared: DeclaredBattle
    because: str


@dataclass(frozen=True, slots=True)
class CallOff:
    """Have the platform cancel a battle that has not begun."""

    because: str


@dataclass(frozen=True, slots=True)
class Release:
    """Have the platform forget that the battle is declared; it goes on, its owner may edit it again."""

    because: str


@dataclass(frozen=True, slots=True)
class Ensure:
    """Make an owned object be as in `manifest` (server-side apply)."""

    manifest: Mapping[str, object]
    because: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete an owned object (kind and name in the resource's namespace)."""

    kind: str
    name: str
    because: str


Action = Hold | LetGo | Declare | CallOff | Release | Ensure | Remove


def name_of(action: Action) -> str:
    """What tells one action of a pass from another: its kind, and the object it is about."""
    match action:
        case Ensure():
            return f"Ensure {key_of(action.manifest)}"
        case Remove():
            return f"Remove {action.kind}/{action.name}"
        case _:
            return type(action).__name__


def key_of(manifest: Mapping[str, object]) -> str:
    """`Kind/name` of an object."""
    metadata = manifest.get("metadata")
    return f"{manifest.get('kind')}/{metadata.get('name') if isinstance(metadata, Mapping) else ''}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A Kubernetes event: told once a change, after status was stored. `warning` is for what a person should look at."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now (do it, look again), or, without actions, the settled state.

    With actions `status` is as stored, without it is what the status should say; `look_again_at` is when time alone may
    change the plan (None: only an event can). `notices` belong to the change from the stored status to `status`.
    """

    actions: tuple[Action, ...]
    status: BattleStatus
    look_again_at: datetime | None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateBattle:
    """Make a battle of a series from this manifest; one of its name that the series owns already is enough."""

    manifest: Mapping[str, object]
    because: str

    @property
    def name(self) -> str:
        """The battle's name."""
        return key_of(self.manifest).partition("/")[2]


@dataclass(frozen=True, slots=True)
class DeleteBattle:
    """Delete a battle of a series; its own deletionPolicy says what becomes of it in the platform."""

    name: str
    uid: str
    because: str


SeriesAction = CreateBattle | DeleteBattle


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """What a series wants done now, or, without actions, its settled state; the rest as in `Plan`."""

    actions: tuple[SeriesAction, ...]
    status: SeriesStatus
    look_again_at: datetime | None
    notices: tuple[Notice, ...] = ()
