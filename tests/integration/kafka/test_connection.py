"""Every way to reach Kafka that the settings know, with a real broker; and what is said where there is no way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient
from structlog.testing import capture_logs

from arena.chassis.bus.kafka.connection import Told, classic, member, reach, sentence, wants_classic
from arena.chassis.core.settings import Settings, SettingsError
from tests.broker.broker import Broker
from tests.broker.secured import PASSWORD, USER, Authority

pytestmark = pytest.mark.kafka

Ways = dict[str, dict[str, Any]]


@pytest.fixture
def ways(secured_broker: Broker, tmp_path: Path) -> Ways:
    """Settings by name; each reaches the broker."""
    assert secured_broker.secured is not None
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n", "utf-8")
    authority = secured_broker.secured.authority
    certificate, key = authority.signed("client")
    plain = {"kafka_bootstrap": secured_broker.address("SASL"), "kafka_security": "sasl_plaintext"}
    encrypted = {"kafka_bootstrap": secured_broker.address("SASL_TLS"), "kafka_security": "sasl_tls", "kafka_ca": authority.certificate}
    signed_in = {"kafka_user": USER, "kafka_password_file": password}
    return {
        "plaintext": {"kafka_bootstrap": secured_broker.bootstrap},
        "tls": {
            "kafka_bootstrap": secured_broker.address("TLS"),
            "kafka_security": "tls",
            "kafka_ca": authority.certificate,
            "kafka_certificate": certificate,
            "kafka_key": key,
        },
        "plain": {**plain, **signed_in, "kafka_sasl": "plain"},
        "plain over tls": {**encrypted, **signed_in, "kafka_sasl": "plain"},
        "scram-sha-256": {**plain, **signed_in, "kafka_sasl": "scram-sha-256"},
        "scram-sha-512 over tls": {**encrypted, **signed_in, "kafka_sasl": "scram-sha-512"},
        "iam": {**encrypted, "kafka_sasl": "aws-msk-iam", "kafka_region": "eu-central-1"},
    }


def refusal(settings: dict[str, Any]) -> str:
    """What is said when the brokers cannot be used."""
    config = reach(Settings(**settings), "test")
    admin = AdminClient(config)
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=2)
    admin.poll(0)
    told = config["error_cb"]
    assert isinstance(told, Told)
    assert told.cause is not None
    return sentence(told.cause)


@pytest.mark.parametrize("way", ["plaintext", "tls", "plain", "plain over tls", "scram-sha-256", "scram-sha-512 over tls"])
def test_the_brokers_are_reached_as_the_settings_say(ways: Ways, way: str) -> None:
    found = AdminClient(reach(Settings(**ways[way]), "test")).list_topics(timeout=10)
    assert len(found.brokers) == 1


@pytest.mark.parametrize("way", ["plain", "plain over tls", "scram-sha-256", "scram-sha-512 over tls"])
def test_a_wrong_password_is_told_as_one(ways: Ways, tmp_path: Path, way: str) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hunter2", "utf-8")
    said = refusal(ways[way] | {"kafka_password_file": wrong})
    assert said.startswith("Kafka does not accept who we are: look at ARENA_KAFKA_SASL, ARENA_KAFKA_USER and ARENA_KAFKA_PASSWORD_FILE")
    assert "hunter2" not in said


def test_an_empty_password_file_is_told_before_anything_is_tried(ways: Ways, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(SettingsError, match="ARENA_KAFKA_PASSWORD_FILE is wrong: the file is empty"):
        reach(Settings(**ways["plain"] | {"kafka_password_file": empty}), "test")


def test_an_authority_that_did_not_sign_for_the_brokers_is_told(ways: Ways, tmp_path: Path) -> None:
    said = refusal(ways["tls"] | {"kafka_ca": Authority(tmp_path, "other").make().certificate})
    assert said.startswith("TLS with Kafka fails: look at ARENA_KAFKA_SECURITY, ARENA_KAFKA_CA")


def test_a_missing_certificate_of_ours_is_told(ways: Ways) -> None:
    said = refusal({name: value for name, value in ways["tls"].items() if name not in {"kafka_certificate", "kafka_key"}})
    assert said.startswith("TLS with Kafka fails: look at ARENA_KAFKA_SECURITY, ARENA_KAFKA_CA and ARENA_KAFKA_CERTIFICATE")


def test_brokers_that_speak_tls_are_told_to_who_does_not(ways: Ways) -> None:
    said = refusal({"kafka_bootstrap": ways["tls"]["kafka_bootstrap"]})
    assert said.startswith("No broker of ARENA_KAFKA_BOOTSTRAP answers in the way of ARENA_KAFKA_SECURITY")


@pytest.mark.parametrize(
    ("bootstrap", "meaning"),
    [
        ("localhost:1", "No broker of ARENA_KAFKA_BOOTSTRAP answers"),
        ("kafka.invalid:9092", "A host of ARENA_KAFKA_BOOTSTRAP is not known"),
    ],
)
def test_brokers_that_are_not_there_are_told_once_and_not_with_every_attempt(bootstrap: str, meaning: str) -> None:
    with capture_logs() as lines:
        assert refusal({"kafka_bootstrap": bootstrap}).startswith(meaning)
    [line] = lines
    assert (line["event"], line["client"]) == ("kafka_trouble", "test")
    assert line["error"].startswith(meaning)


@pytest.fixture
def aws_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")


@pytest.mark.usefixtures("aws_role")
def test_the_token_of_a_role_in_aws_reaches_the_broker_before_anybody_polls(ways: Ways, secured_broker: Broker) -> None:
    """This broker knows no AWS: that it looks at the token and refuses it is all that can be seen here."""
    consumer = Consumer(member(Settings(**ways["iam"]), "test", "habitarena.test"))
    with pytest.raises(KafkaException):
        consumer.list_topics(timeout=2)
    consumer.close()
    assert '{"status":"invalid_token"}' in secured_broker.log


def consume_until_told(config: dict[str, Any], topic: str) -> tuple[list[int], Any]:
    """The partitions that a member of a group gets, or the error that it gets instead."""
    consumer, given = Consumer(config), list[int]()
    consumer.subscribe([topic], on_assign=lambda _, found: given.extend(one.partition for one in found))
    try:
        for _ in range(100):
            for message in consumer.consume(1, 0.2):
                return given, message.error()
            if given:
                return sorted(given), None
    finally:
        consumer.close()
    raise AssertionError("neither partitions nor an error in 20 s")


@pytest.fixture
def older_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that does not speak the newer protocol of groups."""
    with Broker(tmp_path_factory.mktemp("kafka"), settings={"group.coordinator.rebalance.protocols": "classic"}).running() as made:
        yield made


def test_a_group_goes_by_the_newer_protocol_where_the_brokers_know_it(broker: Broker) -> None:
    broker.create("example.newer", 4)
    config = member(Settings(kafka_bootstrap=broker.bootstrap), "test", "habitarena.newer")
    assert consume_until_told(config, "example.newer") == ([0, 1, 2, 3], None)


def test_where_the_brokers_do_not_know_it_a_member_hears_so_and_goes_by_the_older_one(older_broker: Broker) -> None:
    older_broker.create("example.older", 4)
    config = member(Settings(kafka_bootstrap=older_broker.bootstrap), "test", "habitarena.older")
    _, error = consume_until_told(config, "example.older")
    assert wants_classic(error)
    assert consume_until_told(classic(config), "example.older") == ([0, 1, 2, 3], None)
