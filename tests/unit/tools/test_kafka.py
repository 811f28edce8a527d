"""What brings the tests' Kafka: where it goes, what it is, and what it says when it cannot."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.kafka import JAVA, SUMS, folder, is_here, kafka_version


def test_programs_are_kept_by_version_in_the_user_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "habitarena" / "kafka" / kafka_version()
    assert not is_here()


def test_programs_that_were_brought_for_other_pins_count_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder().mkdir(parents=True)
    (folder() / ".pin").write_text("of before", "utf-8")
    assert not is_here()


def test_every_jar_is_pinned_with_its_digest_and_kafka_in_the_version_asked_for() -> None:
    lines = SUMS.read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+\.jar", line) for line in lines)
    assert f"kafka_2.13-{kafka_version()}.jar" in {line.split()[1] for line in lines}


def test_without_java_and_maven_it_says_what_to_install(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}
    answer = subprocess.run([sys.executable, "-m", "tools.kafka"], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert f"needs Java {JAVA} or newer (Debian: openjdk-{JAVA}-jre-headless or newer) and Maven (Debian: maven)" in answer.stderr


def test_a_maven_that_brings_something_else_is_refused_by_the_name_of_the_jar(tmp_path: Path) -> None:
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text('#!/bin/sh\nfor option; do case $option in -DoutputDirectory=*) into="${option#*=}";; esac; done\n'
                     'mkdir -p "$into" && echo other > "$into/stranger.jar"\n', "utf-8")  # fmt: skip
    maven.chmod(0o755)
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\"' >&2\n", "utf-8")
    java.chmod(0o755)
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PATH": f"{maven.parent}:/usr/bin:/bin"}
    answer = subprocess.run([sys.executable, "-m", "tools.kafka"], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "other jars than tools/kafka/jars.sha256 says" in answer.stderr
    assert "stranger.jar" in answer.stderr
