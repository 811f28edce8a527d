"""The settings of the log's archive; a part of `Settings`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings


def _place(where: str) -> str:
    if "://" in where and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/.*)?", where):
        raise ValueError("it must be a folder, or s3://BUCKET/PREFIX")
    return where


class ArchiveSettings(BaseSettings):
    """Where months of the log go, and when."""

    archive: Annotated[str, AfterValidator(_place)] | None = Field(
        default=None,
        min_length=1,
        description="Where months of the log are archived, and read from then on: a folder, or s3://BUCKET/PREFIX.",
    )
    log_retention: str | None = Field(
        default=None,
        pattern="^[1-9][0-9]{0,4}d$",
        description="How long after its end a month stays in the database, such as 400d; without it nothing is archived.",
    )

    @field_validator("log_retention")
    @classmethod
    def _has_an_archive(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("archive", "") is None:
            raise ValueError("it does nothing without ARENA_ARCHIVE")
        return value

    @property
    def retention(self) -> timedelta | None:
        """ARENA_LOG_RETENTION as a time."""
        return None if self.log_retention is None else timedelta(days=int(self.log_retention.removesuffix("d")))
