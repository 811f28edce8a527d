"""Three releases of one log: the same event in version 1, 2 and 3, so that tests can write with one and read with another."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.versions import Upcast
from arena.chassis.testing.example import OTHER, ExampleLog, Renamed, partition_of


def _in_thousandths(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 counts in thousandths, and says so in the field's name."""
    rest = {name: value for name, value in payload.items() if name != "number"}
    return {**rest, "thousandths": payload["number"] * 1000}


def _with_tags(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 3 has several tags instead of one."""
    rest = {name: value for name, value in payload.items() if name != "tag"}
    return {**rest, "tags": [payload["tag"]] if payload.get("tag") else []}


def _version_1() -> type:
    @dataclass(frozen=True, slots=True)
    class Measured:
        """As the first release had it."""

        key: str
        number: int

    return Measured


def _version_2() -> type:
    @dataclass(frozen=True, slots=True)
    class Measured:
        """As the second release had it; `tag` came within the version."""

        key: str
        thousandths: int
        tag: str | None = None
        UPCASTS: ClassVar[tuple[Upcast, ...]] = (_in_thousandths,)

    return Measured


@dataclass(frozen=True, slots=True)
class Measured:
    """As the third release has it."""

    key: str
    thousandths: int
    tags: list[str] = field(default_factory=list)
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (_in_thousandths, _with_tags)


RELEASES: tuple[type, ...] = (_version_1(), _version_2(), Measured)


def log_of(release: int) -> ExampleLog:
    """The log as release 1, 2 or 3 knows it."""
    return ExampleLog(1, "writer.counts", "key", (RELEASES[release - 1], Renamed), ("reader",))


def catalogue_of(release: int) -> Catalogue:
    """The codec of release 1, 2 or 3."""
    return Catalogue((log_of(release), OTHER), partition_of)
