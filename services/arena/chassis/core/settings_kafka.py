"""The settings that say whether and how Kafka carries the log; a part of `Settings`."""

import re
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

KAFKA_PREFIX: Final = "habitarena"
"""What the names of an installation in Kafka begin with, unless it has another."""
KAFKA_WINDOW: Final = 20_000
"""Records of a log that may wait for Kafka's confirmation, unless another number is set."""
NO_CLIENT: Final = "There is no client of Kafka here: `make setup-services` brings it, and the services' image has it."
"""Said where Kafka is asked for and its client was not installed."""


def lacks_client() -> bool:
    """Whether the client of Kafka is not installed; the laptop needs none."""
    try:
        import_module("confluent_kafka")
    except ModuleNotFoundError:
        return True
    return False


class Bus(StrEnum):
    """Where consumers read the events of the services."""

    LOG = "log"
    KAFKA = "kafka"


class KafkaSecurity(StrEnum):
    """How a connection to the brokers is protected; Kafka's own names are in `protocol`."""

    PLAINTEXT = "plaintext"
    TLS = "tls"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_TLS = "sasl_tls"

    @property
    def encrypts(self) -> bool:
        """Whether nobody on the way can read along."""
        return self in (KafkaSecurity.TLS, KafkaSecurity.SASL_TLS)

    @property
    def asks_who(self) -> bool:
        """Whether SASL proves who connects."""
        return self in (KafkaSecurity.SASL_PLAINTEXT, KafkaSecurity.SASL_TLS)


class KafkaSasl(StrEnum):
    """How SASL proves who connects."""

    PLAIN = "plain"
    SCRAM_SHA_256 = "scram-sha-256"
    SCRAM_SHA_512 = "scram-sha-512"
    AWS_MSK_IAM = "aws-msk-iam"


class KafkaFormat(StrEnum):
    """How the values of the records are written."""

    JSON = "json"
    AVRO = "avro"


def _brokers(given: str) -> str:
    names = [name.strip() for name in given.split(",")]
    if not all(re.fullmatch(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}", name) for name in names):
        raise ValueError("it must be brokers joined by commas, such as kafka-1:9092,kafka-2:9092")
    return ",".join(names)


def _words(given: str) -> str:
    """What Kafka takes in a name and Avro in a namespace."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)*", given):
        raise ValueError("it must be small letters and digits, in words joined by dots, such as staging")
    return given


def _http(url: SecretStr) -> SecretStr:
    if not re.match(r"https?://[^/]", url.get_secret_value()):
        raise ValueError("it must begin with http:// or https://")
    return url


class KafkaSettings(BaseSettings):
    """Each is checked against those before it, so that what cannot work or does nothing is said at the start."""

    bus: Bus = Field(
        default=Bus.LOG, description="Where consumers read events: log (the tables in PostgreSQL) or kafka (for serve and work)."
    )
    kafka_bootstrap: Annotated[str, AfterValidator(_brokers)] | None = Field(
        default=None, validate_default=True, description="Brokers to begin with, joined by commas: kafka-1:9092,kafka-2:9092."
    )
    kafka_prefix: Annotated[str, AfterValidator(_words)] = Field(
        default=KAFKA_PREFIX,
        max_length=60,
        description="What topics, groups and schemas of this installation begin with: another for each on the same brokers.",
    )
    kafka_security: KafkaSecurity = Field(
        default=KafkaSecurity.PLAINTEXT,
        description="How connections to Kafka are protected: plaintext, tls, sasl_plaintext or sasl_tls.",
    )
    kafka_ca: FilePath | None = Field(
        default=None,
        description="Certificates (PEM) to trust as Kafka's.",
        json_schema_extra={"default_words": "those that the system trusts"},
    )
    kafka_certificate: FilePath | None = Field(
        default=None, description="Certificate (PEM) by which this process proves itself to Kafka (mutual TLS)."
    )
    kafka_key: FilePath | None = Field(
        default=None, validate_default=True, description="Key (PEM, without a password) of ARENA_KAFKA_CERTIFICATE."
    )
    kafka_sasl: KafkaSasl | None = Field(
        default=None,
        validate_default=True,
        description="How SASL proves this process: plain, scram-sha-256, scram-sha-512 or aws-msk-iam (by its role in AWS).",
    )
    kafka_user: str | None = Field(default=None, validate_default=True, min_length=1, description="Name to sign in to Kafka with.")
    kafka_password_file: FilePath | None = Field(
        default=None, validate_default=True, description="File with the password of ARENA_KAFKA_USER; read at every start."
    )
    kafka_region: str | None = Field(
        default=None, validate_default=True, pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$", description="AWS region of the brokers: eu-central-1."
    )
    kafka_format: KafkaFormat = Field(
        default=KafkaFormat.JSON, description="How the relay writes events into Kafka: json, or avro with a registry of schemas."
    )
    kafka_window: int = Field(
        default=KAFKA_WINDOW,
        ge=1,
        le=1_000_000,
        description="Records of a log that may wait for Kafka's confirmation; then the relay reads no more of it until some are confirmed.",
    )
    schema_registry: Annotated[SecretStr, AfterValidator(_http)] | None = Field(
        default=None,
        validate_default=True,
        description="Address of a registry of schemas as Confluent's: https://user:password@registry.",
    )
    schema_registry_ca: FilePath | None = Field(
        default=None,
        validate_default=True,
        description="Certificates (PEM) to trust as that registry's.",
        json_schema_extra={"default_words": "those that certifi brings"},
    )

    @field_validator("kafka_bootstrap")
    @classmethod
    def _brokers_are_named(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("bus") is Bus.KAFKA:
            raise ValueError("it must name the brokers, as ARENA_BUS is kafka")
        return value

    @field_validator("kafka_ca", "kafka_certificate", "kafka_key")
    @classmethod
    def _serves_tls(cls, value: Any, info: ValidationInfo) -> Any:
        security: KafkaSecurity | None = info.data.get("kafka_security")
        if value is not None and security is not None and not security.encrypts:
            raise ValueError("it does nothing unless ARENA_KAFKA_SECURITY is tls or sasl_tls")
        return value

    @field_validator("kafka_key")
    @classmethod
    def _key_belongs_to_a_certificate(cls, value: Any, info: ValidationInfo) -> Any:
        if "kafka_certificate" in info.data and (value is None) is not (info.data["kafka_certificate"] is None):
            raise ValueError("it and ARENA_KAFKA_CERTIFICATE belong together: set both or neither")
        return value

    @field_validator("kafka_sasl")
    @classmethod
    def _sasl_fits_the_security(cls, value: KafkaSasl | None, info: ValidationInfo) -> KafkaSasl | None:
        security: KafkaSecurity | None = info.data.get("kafka_security")
        if security is None:
            return value
        if value is None and security.asks_who:
            raise ValueError(f"it must be set, as ARENA_KAFKA_SECURITY is {security}")
        if value is not None and not security.asks_who:
            raise ValueError("it does nothing unless ARENA_KAFKA_SECURITY is sasl_plaintext or sasl_tls")
        if value is KafkaSasl.AWS_MSK_IAM and security is not KafkaSecurity.SASL_TLS:
            raise ValueError("aws-msk-iam needs ARENA_KAFKA_SECURITY=sasl_tls")
        return value

    @field_validator("kafka_user", "kafka_password_file")
    @classmethod
    def _name_and_password_serve_sasl(cls, value: Any, info: ValidationInfo) -> Any:
        if "kafka_sasl" not in info.data:
            return value
        sasl: KafkaSasl | None = info.data["kafka_sasl"]
        has_password = sasl is not None and sasl is not KafkaSasl.AWS_MSK_IAM
        if value is None and has_password:
            raise ValueError(f"it must be set, as ARENA_KAFKA_SASL is {sasl}")
        if value is not None and not has_password:
            raise ValueError("it does nothing unless ARENA_KAFKA_SASL is plain, scram-sha-256 or scram-sha-512")
        return value

    @field_validator("kafka_region")
    @classmethod
    def _region_serves_iam(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "kafka_sasl" in info.data and (value is not None) is not (info.data["kafka_sasl"] is KafkaSasl.AWS_MSK_IAM):
            raise ValueError("it must be set if ARENA_KAFKA_SASL is aws-msk-iam, and only then")
        return value

    @field_validator("schema_registry_ca")
    @classmethod
    def _serves_a_registry_by_tls(cls, value: Any, info: ValidationInfo) -> Any:
        registry: SecretStr | None = info.data.get("schema_registry")
        if value is not None and not (registry and registry.get_secret_value().startswith("https://")):
            raise ValueError("it does nothing unless ARENA_SCHEMA_REGISTRY begins with https://")
        return value

    @field_validator("schema_registry")
    @classmethod
    def _avro_has_a_registry(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("kafka_format") is KafkaFormat.AVRO:
            raise ValueError("it must be set, as ARENA_KAFKA_FORMAT is avro")
        return value
