"""The archive in S3, or in what speaks like it. Credentials, region and endpoint come as they do for every AWS client (AWS_… variables)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import IO, Any, Final

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from arena.chassis.bus.archive.troubles import ArchiveTrouble, NotThere

_MISSING: Final = {"NoSuchKey", "404"}
_BEYOND: Final = "InvalidRange"
_CONFIG: Final = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})
_PARTS: Final = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20, max_concurrency=2)
"""Up to 640 GB a file, as S3 takes 10,000 parts."""


class S3Store:
    """A prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @cached_property
    def _client(self) -> Any:
        """Made when it is needed: it takes a third of a second and 30 MB, and most processes never read the archive."""
        return boto3.client("s3", config=_CONFIG)

    @property
    def where(self) -> str:
        """As ARENA_ARCHIVE names it."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, name: str, content: IO[bytes]) -> None:
        """In parts if it is large; S3 compares the SHA-256 of what arrives, and shows nothing before all of it is there."""
        with _told(self.where, name, "written"):
            self._client.upload_fileobj(
                content, self._bucket, self._prefix + name, ExtraArgs={"ChecksumAlgorithm": "SHA256"}, Config=_PARTS
            )

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """By a range; what begins beyond the end is nothing."""
        if length == 0:
            return b""
        span = {} if start == 0 and length is None else {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"}
        with _told(self.where, name, "read"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name, **span)
            except ClientError as refused:
                if _code(refused) == _BEYOND:
                    return b""
                raise
            found: bytes = answer["Body"].read()
            return found


@contextmanager
def _told(where: str, name: str, done: str) -> Iterator[None]:
    """Trouble with S3 in a sentence."""
    try:
        yield
    except ClientError as refused:
        if _code(refused) in _MISSING:
            raise NotThere(where, name) from refused
        raise ArchiveTrouble(f"{where}/{name} cannot be {done}: S3 says {_code(refused)}; check the bucket and our rights.") from refused
    except (BotoCoreError, boto3.exceptions.Boto3Error) as trouble:
        raise ArchiveTrouble(f"{where}/{name} cannot be {done}: {trouble}") from trouble


def _code(refused: ClientError) -> str:
    return str(refused.response.get("Error", {}).get("Code", "no reason"))
