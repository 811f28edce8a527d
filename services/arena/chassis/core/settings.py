"""The settings of a process: environment variables, read once by its main, checked, and described for `arena settings`."""

import difflib
import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from arena.chassis.core.settings_archive import ArchiveSettings
from arena.chassis.core.settings_kafka import KafkaSettings

PREFIX = "ARENA_"
_FOREIGN = {"otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT", "service_name": "OTEL_SERVICE_NAME"}
Port = Annotated[int, Field(ge=1, le=65535)]


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Registration(StrEnum):
    """Who may make an account."""

    OPEN = "open"
    INVITE = "invite"
    CLOSED = "closed"


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"

    def __bool__(self) -> bool:
        """Whether it is on."""
        return self is Switch.ON


class SettingsError(Exception):
    """A variable is wrong; the message names each and its rule."""


class SettingDescription(NamedTuple):
    """One line of `arena settings`."""

    variable: str
    default: str
    description: str


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _postgresql(url: SecretStr) -> SecretStr:
    if not re.match(r"postgres(ql)?(\+psycopg)?://", url.get_secret_value()):
        raise ValueError("it must begin with postgresql://")
    return url


def is_safe_address(url: str) -> bool:
    """Whether nobody on the way can read or change what is fetched there: HTTPS, or this very machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(str(parts.hostname))))
    except ValueError:
        return False


def _key_set(where: str) -> str:
    if "://" in where:
        if not is_safe_address(where):
            raise ValueError("it must be an https:// address (http:// on this machine only), or a file")
    elif not Path(where).is_file():
        raise ValueError("there is no such file")
    return where


def _subjects(given: str) -> str:
    names = [name.strip() for name in given.split(",")]
    if not all(names) or "*" in given:
        raise ValueError("it must be whole names joined by commas, such as system:serviceaccount:arena:arena-operator, without wildcards")
    return ",".join(names)


def _networks(given: str) -> str:
    names = [name.strip() for name in given.split(",")]
    try:
        for name in names:
            ipaddress.ip_network(name)
    except ValueError:
        raise ValueError("it must be addresses and networks joined by commas, such as 10.0.0.0/8,192.168.1.7") from None
    return ",".join(names)


def _addresses(given: str) -> str:
    pairs = [pair.strip().partition("=") for pair in given.split(",")]
    if not all(name and re.match(r"https?://[^/?#]+$", address) for name, _, address in pairs):
        raise ValueError("it must be pairs joined by commas, such as identity=http://arena-api,habits=http://arena-api, without paths")
    return ",".join(f"{name}={address}" for name, _, address in pairs)


def _registration_for(values: Mapping[str, Any]) -> Registration:
    return Registration.OPEN if _is_loopback(values["host"]) else Registration.INVITE


class Settings(KafkaSettings, ArchiveSettings):
    """All of them; construct it in a process's main, nowhere else."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, case_sensitive=False, extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to serve on; a loopback address is reachable from this machine only."
    )
    port: Port = Field(default=8000, description="Port of the pages, the API and /readyz.")
    metrics_port: Port = Field(
        default_factory=lambda values: values["port"] + 1,
        description="Port of /metrics.",
        json_schema_extra={"default_words": "ARENA_PORT + 1"},
    )
    data_dir: Path = Field(default=Path(".arena"), description="Folder of everything that is kept: database, keys, secrets.")
    log_level: LogLevel = Field(default=LogLevel.INFO, description="Least level that is logged: debug, info, warning or error.")
    database_url: Annotated[SecretStr, AfterValidator(_postgresql)] | None = Field(
        default=None,
        description="PostgreSQL to use instead of the embedded one: postgresql://user:password@host:port/database.",
    )
    database_passwords: DirectoryPath | None = Field(
        default=None,
        description="Folder with a file per service (identity, habits, …): the password of its role. For serve, work and migrate; "
        "`arena migrate` also reads `admin` there when ARENA_DATABASE_URL has no password.",
    )
    registration: Registration = Field(
        default_factory=_registration_for,
        description="Who may make an account: open, invite or closed.",
        json_schema_extra={"default_words": "open on a loopback address, otherwise invite"},
    )
    internal_token: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Shared secret with which services call each other (32 characters or more).",
        json_schema_extra={"default_words": "made anew by each start of the embedded shape"},
    )
    internal_token_file: FilePath | None = Field(
        default=None, description="File with the internal token, in the place of ARENA_INTERNAL_TOKEN."
    )
    signing_keys: FilePath | None = Field(
        default=None,
        description="File with the keys (PEM, Ed25519) that sign access tokens; for the process that serves identity.",
        json_schema_extra={"default_words": "made and kept in the data folder by the embedded shape"},
    )
    services: Annotated[str, AfterValidator(_addresses)] | None = Field(
        default=None,
        description="Where the services are that this process does not serve: identity=http://arena-api,live=http://arena-live.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        default="127.0.0.1,::1",
        description="Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, joined by commas.",
    )
    postgres_password_file: FilePath | None = Field(
        default=None, description="File with the password of the role `postgres` of `arena postgres`; read at every start."
    )
    platform_issuer: str | None = Field(
        default=None,
        pattern="^https://",
        description="Issuer (`iss`) of the tokens by which the operator proves itself; without one nobody outside speaks for the platform.",
    )
    platform_subjects: Annotated[str, AfterValidator(_subjects)] | None = Field(
        default=None,
        validate_default=True,
        description="Whose tokens (`sub`) speak for the platform, joined by commas: system:serviceaccount:arena:arena-operator.",
    )
    platform_jwks: Annotated[str, AfterValidator(_key_set)] | None = Field(
        default=None,
        description="Address or file of the issuer's public keys.",
        json_schema_extra={"default_words": "what the issuer's /.well-known/openid-configuration says"},
    )
    platform_ca: FilePath | None = Field(
        default=None, description="Certificates (PEM) to trust when the keys are fetched, instead of the public ones."
    )
    platform_jwks_token_file: FilePath | None = Field(
        default=None, description="File of a bearer token to fetch the keys with; read anew each time."
    )
    writes_per_second: int = Field(default=100, ge=1, description="Changing requests a user may send a second.")
    sign_ins_per_minute: int = Field(default=60, ge=1, description="Registrations and log-ins an address may send a minute (IPv6: a /64).")
    request_timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds after which the server stops working on a request.")
    coalesce: Switch = Field(
        default=Switch.ON, description="Whether concurrent log requests share a transaction: on or off (off is for measuring)."
    )
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT"),
        pattern="^https?://",
        description="OpenTelemetry collector to send traces to (OTLP over HTTP); without one no span is recorded.",
    )
    service_name: str = Field(
        default="arena",
        validation_alias=AliasChoices("OTEL_SERVICE_NAME"),
        min_length=1,
        description="The name under which telemetry arrives.",
    )

    @field_validator("platform_subjects")
    @classmethod
    def _named(cls, subjects: str | None, info: ValidationInfo) -> str | None:
        if subjects is None and info.data.get("platform_issuer") is not None:
            raise ValueError("it must name at least one subject, as ARENA_PLATFORM_ISSUER is set")
        return subjects

    @field_validator("platform_subjects", "platform_jwks", "platform_ca", "platform_jwks_token_file")
    @classmethod
    def _has_an_issuer(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and info.data.get("platform_issuer", "") is None:
            raise ValueError("it does nothing without ARENA_PLATFORM_ISSUER")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment; no hidden files."""
        del settings_cls, dotenv_settings, file_secret_settings
        return init_settings, env_settings


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment; `overrides` (by field name) come from the command line.

    Raises:
        SettingsError: a value breaks its rule.
    """
    try:
        return Settings(**overrides)
    except ValidationError as wrong:
        raise SettingsError(_sentences(wrong)) from None


def _sentences(wrong: ValidationError) -> str:
    """One sentence a mistake, naming the variable and the rule; values are not repeated, as they may be secrets."""
    relevant = [error for error in wrong.errors() if error["type"] != "default_factory_not_called"]
    return "\n".join(f"{variable(str(error['loc'][0]))} is wrong: {_rule(error['msg'])}." for error in relevant)


def _rule(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def variable(field: str) -> str:
    """The environment variable of a field."""
    if field in _FOREIGN.values():
        return field
    return _FOREIGN.get(field, PREFIX + field.upper())


def describe() -> list[SettingDescription]:
    """Every setting: variable, default in words, description; those of the archive and of Kafka come last."""
    rows = []
    later = [*ArchiveSettings.model_fields, *KafkaSettings.model_fields]
    for name, info in sorted(Settings.model_fields.items(), key=lambda field: later.index(field[0]) if field[0] in later else -1):
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        default = "" if info.default in (None, PydanticUndefined) else str(info.default)
        rows.append(SettingDescription(variable(name), str(extra.get("default_words", default)), info.description or ""))
    return rows


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each ARENA_ variable that no setting reads but that looks like one."""
    known = [row.variable for row in describe()]
    strangers = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    near = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.85) for name in strangers}
    return [f"{name} is not a setting; did you mean {match[0]}?" for name, match in near.items() if match]
