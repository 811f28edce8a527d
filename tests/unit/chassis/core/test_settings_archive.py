"""The settings of the archive: a folder or a bucket, and how long months stay in the database."""

from datetime import timedelta

import pytest

from arena.chassis.core.settings import SettingsError, describe, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in describe():
        monkeypatch.delenv(row.variable, raising=False)


def test_unless_told_otherwise_nothing_is_archived() -> None:
    settings = load_settings()
    assert (settings.archive, settings.retention) == (None, None)


@pytest.mark.parametrize("where", ["archive", "/srv/archive", "s3://a-bucket", "s3://a-bucket/habitarena/log"])
def test_an_archive_is_a_folder_or_a_bucket_and_retention_a_number_of_days(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_ARCHIVE", where)
    monkeypatch.setenv("ARENA_LOG_RETENTION", "400d")
    settings = load_settings()
    assert (settings.archive, settings.retention) == (where, timedelta(days=400))


def test_what_is_archived_stays_readable_without_a_retention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_ARCHIVE", "/srv/archive")
    assert load_settings().retention is None


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"ARENA_ARCHIVE": "gs://bucket"}, "ARENA_ARCHIVE is wrong: it must be a folder, or s3://BUCKET/PREFIX."),
        ({"ARENA_ARCHIVE": "s3:///prefix"}, "ARENA_ARCHIVE is wrong: it must be a folder, or s3://BUCKET/PREFIX."),
        ({"ARENA_ARCHIVE": "a", "ARENA_LOG_RETENTION": "0d"}, "ARENA_LOG_RETENTION is wrong: "),
        ({"ARENA_ARCHIVE": "a", "ARENA_LOG_RETENTION": "13 months"}, "ARENA_LOG_RETENTION is wrong: "),
        ({"ARENA_LOG_RETENTION": "400d"}, "ARENA_LOG_RETENTION is wrong: it does nothing without ARENA_ARCHIVE."),
    ],
)
def test_what_breaks_a_rule_is_refused_with_a_sentence(environment: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(sentence)
