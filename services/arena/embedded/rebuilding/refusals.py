"""Why a rebuild ends without having changed anything."""


class StillRunning(Exception):
    """Somebody works on the database that must be left alone."""

    slug = "still-running"

    def __init__(self) -> None:
        super().__init__("The platform is running on this database: stop it (Ctrl-C where `arena up` runs), then try again.")


class AlreadyReplaying(Exception):
    """One rebuild at a time."""

    slug = "already-replaying"

    def __init__(self) -> None:
        super().__init__("Another `arena replay` is at work on this database: wait until it has ended.")


class TooBusy(Exception):
    """No moment was found to change places."""

    slug = "too-busy"

    def __init__(self) -> None:
        super().__init__(
            "No moment was found in which nobody held scoring's tables (a backup, a long query?). Nothing was changed; try again later."
        )


class OtherVersion(Exception):
    """The live schema is at another revision than this program makes."""

    slug = "other-version"

    def __init__(self, live: str | None) -> None:
        super().__init__(
            f"Scoring's schema is at revision {live or 'none'}, which is not this version's: "
            "use the version that serves it, or `arena migrate`."
        )


class LogDamaged(Exception):
    """Events are missing from a log."""

    slug = "log-damaged"

    def __init__(self, log: str, partitions: set[int]) -> None:
        numbers = ", ".join(map(str, sorted(partitions)))
        super().__init__(f"Events are missing from {log} (partition {numbers}): restore the database from a backup. Nothing was changed.")
