"""Kafka's configuration without Kafka: the token of AWS, and what is never given away."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from arena.chassis.bus.kafka.connection import Told, classic, iam_token, member, reach, sentence, wants_classic
from arena.chassis.core.clock import SystemClock
from arena.chassis.core.settings import Settings, SettingsError


def test_the_token_of_a_role_is_a_signed_address_of_the_region_that_ends_within_a_quarter_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
    token, ends = iam_token("eu-central-1")("")
    address = urlsplit(base64.urlsafe_b64decode(token + "==").decode())
    asked = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("https", "kafka.eu-central-1.amazonaws.com")
    assert asked["Action"] == ["kafka-cluster:Connect"]
    assert asked["X-Amz-Credential"][0].startswith("AKIAEXAMPLE/")
    assert asked["X-Amz-Signature"]
    assert 800 < ends - SystemClock().now().timestamp() <= 900


def test_without_brokers_there_is_a_sentence() -> None:
    with pytest.raises(SettingsError, match="ARENA_KAFKA_BOOTSTRAP is wrong: it must name the brokers"):
        reach(Settings(kafka_bootstrap=None), "test")


def test_the_client_keeps_its_own_telemetry_to_itself_and_offsets_are_ours_to_commit() -> None:
    config = member(Settings(kafka_bootstrap="kafka:9092"), "scoring", None)
    assert config["enable.metrics.push"] is False
    assert config["enable.auto.commit"] is False
    assert config["client.id"] == "arena-scoring"


def test_in_the_older_protocol_partitions_come_and_go_one_by_one_as_in_the_newer() -> None:
    config = classic(member(Settings(kafka_bootstrap="kafka:9092"), "scoring", "habitarena.scoring"))
    assert (config["group.protocol"], config["partition.assignment.strategy"]) == ("classic", "cooperative-sticky")


def test_only_brokers_that_do_not_know_the_newer_protocol_ask_for_the_older() -> None:
    unknown = "ConsumerGroupHeartbeat fatal error: Broker: API version not supported"
    assert wants_classic(KafkaError(KafkaError._FATAL, unknown))
    assert not wants_classic(KafkaError(KafkaError._FATAL, "another"))
    assert not wants_classic(KafkaError(KafkaError._TRANSPORT, unknown))


def test_what_follows_from_another_trouble_is_not_said_and_does_not_hide_its_cause() -> None:
    told = Told("relay")
    with capture_logs() as lines:
        told(KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password"))
        told(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
        told(KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password"))
    assert [line["error"] for line in lines] == [sentence(KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password"))]
    assert told.cause is not None
    assert told.cause.name() == "_AUTHENTICATION"


def test_a_cause_that_comes_after_its_consequence_is_kept() -> None:
    told = Told("relay")
    with capture_logs() as lines:
        told(KafkaError(KafkaError._ALL_BROKERS_DOWN))
        told(KafkaError(KafkaError._RESOLVE))
    assert len(lines) == 2
    assert told.cause is not None
    assert told.cause.name() == "_RESOLVE"


def test_what_has_no_sentence_of_its_own_is_still_one() -> None:
    assert sentence(KafkaError(KafkaError._BAD_MSG, "odd.")) == "Kafka cannot be used (odd)."
