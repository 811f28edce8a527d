"""The settings of Kafka: what cannot work together, or does nothing, is refused with a sentence that says what to do."""

import pytest

from arena.chassis.core.settings import SettingsError, describe, load_settings
from arena.chassis.core.settings_kafka import Bus, KafkaFormat, KafkaSasl, KafkaSecurity

FILE = __file__
PLAIN = {"ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": "one:9092"}
TLS = PLAIN | {"ARENA_KAFKA_SECURITY": "tls"}
SCRAM = PLAIN | {
    "ARENA_KAFKA_SECURITY": "sasl_tls",
    "ARENA_KAFKA_SASL": "scram-sha-512",
    "ARENA_KAFKA_USER": "arena",
    "ARENA_KAFKA_PASSWORD_FILE": FILE,
}
IAM = PLAIN | {"ARENA_KAFKA_SECURITY": "sasl_tls", "ARENA_KAFKA_SASL": "aws-msk-iam", "ARENA_KAFKA_REGION": "eu-central-1"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in describe():
        monkeypatch.delenv(row.variable, raising=False)


def test_unless_told_otherwise_consumers_read_the_log_and_kafka_is_not_there() -> None:
    settings = load_settings()
    assert (settings.bus, settings.kafka_bootstrap, settings.kafka_format) == (Bus.LOG, None, KafkaFormat.JSON)


@pytest.mark.parametrize(
    "environment",
    [
        PLAIN,
        PLAIN | {"ARENA_KAFKA_BOOTSTRAP": "kafka-1.example:9092, [fd00::1]:9092"},
        TLS,
        TLS | {"ARENA_KAFKA_CA": FILE, "ARENA_KAFKA_CERTIFICATE": FILE, "ARENA_KAFKA_KEY": FILE},
        SCRAM,
        SCRAM | {"ARENA_KAFKA_SECURITY": "sasl_plaintext", "ARENA_KAFKA_SASL": "plain"},
        IAM,
        IAM | {"ARENA_KAFKA_REGION": "us-gov-west-1"},
        PLAIN | {"ARENA_KAFKA_FORMAT": "avro", "ARENA_SCHEMA_REGISTRY": "https://someone:secret@registry.example"},
    ],
    ids=["plain", "two brokers", "tls", "mutual tls", "scram", "plain password", "iam", "iam of another partition", "avro"],
)
def test_what_fits_together_is_taken(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings().bus is Bus.KAFKA


def test_a_password_of_the_registry_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_SCHEMA_REGISTRY", "https://someone:hunter2@registry.example")
    assert "hunter2" not in str(load_settings())


@pytest.mark.parametrize(
    ("environment", "variable", "rule"),
    [
        ({"ARENA_BUS": "kafka"}, "ARENA_KAFKA_BOOTSTRAP", "must name the brokers, as ARENA_BUS is kafka"),
        ({"ARENA_BUS": "rabbit"}, "ARENA_BUS", "'log' or 'kafka'"),
        ({"ARENA_KAFKA_BOOTSTRAP": "kafka"}, "ARENA_KAFKA_BOOTSTRAP", "such as kafka-1:9092,kafka-2:9092"),
        ({"ARENA_KAFKA_BOOTSTRAP": "http://kafka:9092"}, "ARENA_KAFKA_BOOTSTRAP", "such as kafka-1:9092"),
        (PLAIN | {"ARENA_KAFKA_SECURITY": "ssl"}, "ARENA_KAFKA_SECURITY", "'sasl_plaintext' or 'sasl_tls'"),
        (PLAIN | {"ARENA_KAFKA_CA": FILE}, "ARENA_KAFKA_CA", "does nothing unless ARENA_KAFKA_SECURITY is tls or sasl_tls"),
        (TLS | {"ARENA_KAFKA_CA": "/nowhere/ca.crt"}, "ARENA_KAFKA_CA", "file"),
        (TLS | {"ARENA_KAFKA_KEY": FILE}, "ARENA_KAFKA_KEY", "belong together"),
        (TLS | {"ARENA_KAFKA_CERTIFICATE": FILE}, "ARENA_KAFKA_KEY", "belong together"),
        (TLS | {"ARENA_KAFKA_SASL": "plain"}, "ARENA_KAFKA_SASL", "does nothing unless ARENA_KAFKA_SECURITY is sasl"),
        (PLAIN | {"ARENA_KAFKA_SECURITY": "sasl_tls"}, "ARENA_KAFKA_SASL", "must be set, as ARENA_KAFKA_SECURITY is sasl_tls"),
        (IAM | {"ARENA_KAFKA_SECURITY": "sasl_plaintext"}, "ARENA_KAFKA_SASL", "aws-msk-iam needs ARENA_KAFKA_SECURITY=sasl_tls"),
        (SCRAM | {"ARENA_KAFKA_USER": ""}, "ARENA_KAFKA_USER", "must be set, as ARENA_KAFKA_SASL is scram-sha-512"),
        (SCRAM | {"ARENA_KAFKA_PASSWORD_FILE": ""}, "ARENA_KAFKA_PASSWORD_FILE", "must be set, as ARENA_KAFKA_SASL is scram-sha-512"),
        (IAM | {"ARENA_KAFKA_USER": "arena"}, "ARENA_KAFKA_USER", "does nothing unless ARENA_KAFKA_SASL is plain"),
        (IAM | {"ARENA_KAFKA_REGION": ""}, "ARENA_KAFKA_REGION", "must be set if ARENA_KAFKA_SASL is aws-msk-iam"),
        (SCRAM | {"ARENA_KAFKA_REGION": "eu-central-1"}, "ARENA_KAFKA_REGION", "and only then"),
        (PLAIN | {"ARENA_KAFKA_FORMAT": "avro"}, "ARENA_SCHEMA_REGISTRY", "must be set, as ARENA_KAFKA_FORMAT is avro"),
        (PLAIN | {"ARENA_KAFKA_PREFIX": "my arena"}, "ARENA_KAFKA_PREFIX", "words joined by dots, such as staging"),
        (PLAIN | {"ARENA_KAFKA_PREFIX": "arena."}, "ARENA_KAFKA_PREFIX", "words joined by dots, such as staging"),
        (PLAIN | {"ARENA_SCHEMA_REGISTRY": "http://registry", "ARENA_SCHEMA_REGISTRY_CA": FILE}, "ARENA_SCHEMA_REGISTRY_CA", "https://"),
        (PLAIN | {"ARENA_KAFKA_WINDOW": "0"}, "ARENA_KAFKA_WINDOW", "greater than or equal to 1"),
        (PLAIN | {"ARENA_SCHEMA_REGISTRY": "registry:8081"}, "ARENA_SCHEMA_REGISTRY", "must begin with http:// or https://"),
    ],
)
def test_what_cannot_work_or_does_nothing_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], variable: str, rule: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    [sentence] = str(wrong.value).splitlines()
    assert sentence.startswith(f"{variable} is wrong: ")
    assert rule in sentence


def test_a_wrong_protection_is_told_once_and_not_as_a_string_of_consequences(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SCRAM | {"ARENA_KAFKA_SECURITY": "ssl"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=r"^ARENA_KAFKA_SECURITY is wrong: [^\n]+$"):
        load_settings()


def test_kafka_s_words_say_what_they_protect() -> None:
    assert [one for one in KafkaSecurity if one.encrypts] == [KafkaSecurity.TLS, KafkaSecurity.SASL_TLS]
    assert [one for one in KafkaSecurity if one.asks_who] == [KafkaSecurity.SASL_PLAINTEXT, KafkaSecurity.SASL_TLS]
    assert KafkaSasl("aws-msk-iam") is KafkaSasl.AWS_MSK_IAM
