"""The settings of the operator: environment variables `ARENA_OPERATOR_*`, read once by its main."""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from arena.chassis.core.settings import LogLevel, Port, SettingsError

PREFIX = "ARENA_OPERATOR_"


class OperatorSettings(BaseSettings):
    """All of them; traces go where `OTEL_EXPORTER_OTLP_ENDPOINT` says, as in the services."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, case_sensitive=False, extra="ignore", frozen=True, env_ignore_empty=True)

    platform_url: str = Field(default="http://127.0.0.1:8000", pattern="^https?://[^/]", description="Where the battles service is.")
    live_url: str | None = Field(default=None, pattern="^https?://[^/]", description="Where live is; the same address if left out.")
    token_file: Path = Field(
        default=Path("/var/run/secrets/habitarena/token"),
        description="The projected ServiceAccount token (audience habitarena) that is shown to the platform.",
    )
    namespace: str | None = Field(default=None, description="The only namespace that is looked after; all if left out.")
    context: str | None = Field(default=None, description="Context of the kubeconfig, outside a cluster.")
    lease_namespace: str | None = Field(default=None, description="Where the leader's Lease is; our own namespace if left out.")
    lease_name: str = Field(default="arena-operator", min_length=1, description="The name of the leader's Lease.")
    lease_seconds: float = Field(default=9.0, ge=1, le=300, description="After how many silent seconds another operator takes over.")
    identity: str | None = Field(default=None, description="Our name in the Lease; host name and a random part if left out.")
    workers: int = Field(default=16, ge=1, le=200, description="Passes that run at the same time.")
    resync_seconds: float = Field(default=600.0, gt=0, description="After how many seconds a resource is looked at without a reason.")
    host: str = Field(default="127.0.0.1", min_length=1, description="Address of /livez, /readyz and /metrics; 0.0.0.0 in a pod.")
    port: Port = Field(default=8080, description="Port of /livez, /readyz and /metrics.")
    grace_seconds: float = Field(default=20.0, ge=0, description="How long passes may go on once we are told to stop.")
    log_level: LogLevel = Field(default=LogLevel.INFO, description="Least level that is logged: debug, info, warning or error.")


def load_settings(**overrides: Any) -> OperatorSettings:
    """The settings from the environment; `overrides` (by field name) come from the command line.

    Raises:
        SettingsError: a value breaks its rule; the message names each.
    """
    try:
        return OperatorSettings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as failure:
        lines = [f"{PREFIX}{'.'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in failure.errors()]
        raise SettingsError("\n".join(lines)) from failure


def describe() -> list[tuple[str, str, str]]:
    """Every setting: variable, default, description."""
    rows = OperatorSettings.model_fields.items()
    return [(PREFIX + name.upper(), "" if info.default is None else str(info.default), info.description or "") for name, info in rows]
