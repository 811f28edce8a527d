"""What can be wrong with the archive, in sentences that name the place. To readers it passes: they wait, and skip nothing."""


class ArchiveTrouble(OSError):
    """The archive cannot be used now. An OSError, as storage that fails is: a consumer pauses and tries again."""

    slug = "archive-trouble"


class NotThere(ArchiveTrouble):
    """Nothing is kept under that name."""

    slug = "archive-file-missing"

    def __init__(self, where: str, name: str) -> None:
        super().__init__(f"The archive {where} has no {name}: bring it back from a copy, or let ARENA_ARCHIVE name the right place.")


class ArchiveDamaged(ArchiveTrouble):
    """What is there is not what was archived."""

    slug = "archive-damaged"

    def __init__(self, where: str, name: str, why: str) -> None:
        super().__init__(f"The archive {where} is damaged: {name} {why}. Bring the file back from a copy.")


class ArchiveUnnamed(ArchiveTrouble):
    """A part of the log is in an archive that nobody named."""

    slug = "archive-unnamed"

    def __init__(self, month: str, location: str) -> None:
        super().__init__(f"Events of {month} are in the archive: let ARENA_ARCHIVE name it (they were written to {location}).")


class ArchiveRefused(Exception):
    """A month is not archived, and stays whole in the table; the message says why."""

    slug = "archive-refused"
