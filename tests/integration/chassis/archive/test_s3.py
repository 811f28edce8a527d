"""An archive in S3, as moto's server speaks it: the same events, and a sentence for what S3 refuses."""

import io
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from arena.chassis.bus.archive.s3 import S3Store
from arena.chassis.bus.archive.store import open_store
from arena.chassis.bus.archive.troubles import ArchiveDamaged, ArchiveTrouble, NotThere
from tests.integration.chassis.archive.history import MONTHS, History, everything

BUCKET = "arena-archive"


KNOWN = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-central-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks as S3 does, and has a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    boto3.session.Session("x", "x", region_name="us-east-1").client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)
    yield address
    server.stop()


@pytest.fixture(autouse=True)
def known_by_the_environment(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine: the client takes endpoint, region and credentials from AWS's own variables."""
    for name, value in (KNOWN | {"AWS_ENDPOINT_URL_S3": s3}).items():
        monkeypatch.setenv(name, value)


async def test_a_log_is_archived_into_a_bucket_and_read_from_it(past: History) -> None:
    before = await everything(past.source())
    store = open_store(f"s3://{BUCKET}/log/")
    assert [one.month for one in past.archive(store)] == list(MONTHS)
    assert await everything(past.source(store), most=500) == before
    assert past.ask("select distinct location from log.archived_month") == [(f"s3://{BUCKET}/log",)]
    with boto3.client("s3").get_object(Bucket=BUCKET, Key="log/2025_01/manifest.json")["Body"] as manifest:
        assert b"writer.counts.jsonl.gz" in manifest.read()


async def test_an_object_that_was_changed_is_named(past: History) -> None:
    store = S3Store(BUCKET, "changed")
    past.archive(store)
    store.put("2025_02/writer.counts.jsonl.gz", io.BytesIO(b"something else"))
    with pytest.raises(ArchiveDamaged, match=r"s3://arena-archive/changed is damaged: 2025_02/writer\.counts\.jsonl\.gz"):
        await everything(past.source(store))


def test_a_store_keeps_bytes_and_gives_any_part_of_them() -> None:
    store = S3Store(BUCKET, "")
    store.put("month/file", io.BytesIO(b"0123456789"))
    assert store.read("month/file") == b"0123456789"
    assert (store.read("month/file", 3, 4), store.read("month/file", 8, 5), store.read("month/file", 7)) == (b"3456", b"89", b"789")
    assert (store.read("month/file", 10, 1), store.read("month/file", 0, 0)) == (b"", b"")


def test_a_file_of_many_parts_comes_back_whole() -> None:
    content = bytes(range(256)) * (65 << 12)  # a little more than one part
    S3Store(BUCKET, "").put("large", io.BytesIO(content))
    assert S3Store(BUCKET, "").read("large") == content


def test_what_is_missing_and_what_is_refused_are_sentences() -> None:
    with pytest.raises(NotThere, match="The archive s3://arena-archive/log has no 2025_01/nothing: bring it back"):
        S3Store(BUCKET, "log").read("2025_01/nothing")
    with pytest.raises(ArchiveTrouble, match="s3://elsewhere/2025_01/file cannot be read: S3 says NoSuchBucket; check the bucket"):
        S3Store("elsewhere", "").read("2025_01/file")
    with pytest.raises(ArchiveTrouble, match="s3://elsewhere/2025_01/file cannot be written: "):
        S3Store("elsewhere", "").put("2025_01/file", io.BytesIO(b"x"))


def test_an_s3_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with pytest.raises(ArchiveTrouble, match=r"s3://arena-archive/file cannot be read: Could not connect"):
        S3Store(BUCKET, "").read("file")
