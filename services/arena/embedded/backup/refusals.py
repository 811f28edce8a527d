"""Why a backup or a restore does not happen: each refusal is a sentence that says what to do."""


class BackupRefused(Exception):
    """Nothing was written, nothing was changed."""

    slug = "backup-refused"


class NoInstallation(BackupRefused):
    """There is nothing to back up."""

    slug = "no-installation"


class FileExists(BackupRefused):
    """A backup never replaces a file."""

    slug = "backup-file-exists"


class NotABackup(BackupRefused):
    """The file is something else."""

    slug = "not-a-backup"


class BackupDamaged(BackupRefused):
    """The file is not what was written."""

    slug = "backup-damaged"


class BackupTooNew(BackupRefused):
    """A later version wrote it."""

    slug = "backup-too-new"


class NotEmpty(BackupRefused):
    """The installation to restore into holds something."""

    slug = "installation-not-empty"


class NoRoom(BackupRefused):
    """The disk is too small."""

    slug = "backup-no-room"


class NotEqual(BackupRefused):
    """What was loaded is not what was saved; it was taken back."""

    slug = "restore-not-equal"
