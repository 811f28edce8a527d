"""How a process reaches Kafka: settings in, the client's configuration out; what goes wrong is said in sentences, and not all the time."""

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog
from confluent_kafka import KafkaError, KafkaException

from arena.chassis.bus.kafka.wire import group_of
from arena.chassis.core.settings import Settings, SettingsError
from arena.chassis.core.settings_kafka import KafkaSasl, KafkaSecurity

_log = structlog.get_logger(__name__)
_client_log = logging.getLogger("librdkafka")
_SAY_EVERY: Final = 30.0
_PROTOCOLS: Final = {
    KafkaSecurity.PLAINTEXT: "PLAINTEXT",
    KafkaSecurity.TLS: "SSL",
    KafkaSecurity.SASL_PLAINTEXT: "SASL_PLAINTEXT",
    KafkaSecurity.SASL_TLS: "SASL_SSL",
}
_QUIET: Final[Mapping[str, Any]] = {
    "enable.metrics.push": False,  # the client would send its own telemetry to the brokers, and complain where they want none
    "log.connection.close": False,  # brokers close idle connections; that is no news
    "socket.keepalive.enable": True,  # between a cluster and its brokers stand things that forget silent connections
    "reconnect.backoff.max.ms": 2000,
}
_CLASSIC: Final[Mapping[str, Any]] = {
    "group.protocol": "classic",
    "partition.assignment.strategy": "cooperative-sticky",  # partitions come and go one by one, as in the newer protocol
    "session.timeout.ms": 10_000,
}
RAISED: Final = (KafkaException, SystemError)
"""What a call of the client raises; a fatal error comes as a SystemError when it is found while a callback of ours is called."""
_VAGUE: Final = {"_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT"}
_NOBODY: Final = "No broker of ARENA_KAFKA_BOOTSTRAP answers in the way of ARENA_KAFKA_SECURITY"
_STRANGER: Final = (
    "Kafka does not accept who we are: look at ARENA_KAFKA_SASL, ARENA_KAFKA_USER and ARENA_KAFKA_PASSWORD_FILE (aws-msk-iam: at our role)"
)
_FORBIDDEN: Final = "Kafka does not let us do that: see the access control lists in the guide 'Kafka in production'"
_MEANINGS: Final[Mapping[str, str]] = {
    "_TRANSPORT": _NOBODY,
    "_ALL_BROKERS_DOWN": _NOBODY,
    "_TIMED_OUT": _NOBODY,
    "_RESOLVE": "A host of ARENA_KAFKA_BOOTSTRAP is not known",
    "_AUTHENTICATION": _STRANGER,
    "SASL_AUTHENTICATION_FAILED": _STRANGER,
    "_SSL": "TLS with Kafka fails: look at ARENA_KAFKA_SECURITY, ARENA_KAFKA_CA and ARENA_KAFKA_CERTIFICATE",
    "UNKNOWN_TOPIC_OR_PART": "A topic is not there: run `arena topics apply`",
    "TOPIC_AUTHORIZATION_FAILED": _FORBIDDEN,
    "GROUP_AUTHORIZATION_FAILED": _FORBIDDEN,
    "CLUSTER_AUTHORIZATION_FAILED": _FORBIDDEN,
}
"""By the client's name of an error."""


def reach(settings: Settings, name: str) -> dict[str, Any]:
    """What a producer or an administrator needs to reach the brokers; `name` is what they see (`client.id`).

    Raises:
        SettingsError: ARENA_KAFKA_BOOTSTRAP is not set, or the file of the password says nothing.
    """
    if settings.kafka_bootstrap is None:
        raise SettingsError("ARENA_KAFKA_BOOTSTRAP is wrong: it must name the brokers.")
    return {
        "bootstrap.servers": settings.kafka_bootstrap,
        "client.id": f"arena-{name}",
        "error_cb": Told(name),
        "logger": _Demoted(),
        **_QUIET,
        **_security(settings),
    }


def member(settings: Settings, name: str, group: str | None) -> dict[str, Any]:
    """What a consumer needs; without a `group` it may only be given its partitions by hand.

    Groups go by the newer protocol (KIP-848) until `classic` says otherwise.
    """
    return reach(settings, name) | {
        "group.id": group or group_of("none", settings.kafka_prefix),
        "group.protocol": "consumer",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "queued.max.messages.kbytes": 2048,  # more costs memory that is ever new: a third of a page fault an event at 16 MB
        "fetch.queue.backoff.ms": 5,  # how long fetching rests when the queue is full; at the default, 1 s, who reads fast waits for it
    }


def wants_classic(error: KafkaError) -> bool:
    """Whether the brokers (older than Kafka 4, or told so) do not know the newer protocol of groups: then `classic` helps."""
    return error.name() in {"_FATAL", "_UNSUPPORTED_FEATURE"} and "ConsumerGroupHeartbeat" in error.str()


def classic(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a consumer with the older protocol of groups; they behave alike."""
    return {**config, **_CLASSIC}


def error_of(raised: BaseException) -> KafkaError:
    """The error in one of `RAISED`."""
    said = raised if isinstance(raised, KafkaException) else raised.__cause__
    return said.args[0] if isinstance(said, KafkaException) else KafkaError(KafkaError._FATAL)  # noqa: SLF001 - the client's name for it


def sentence(error: KafkaError) -> str:
    """What an error means, and what to look at."""
    name = "_SSL" if "SSL routines" in error.str() else error.name()
    meaning = _MEANINGS.get(name, "Kafka cannot be used")
    return f"{meaning} ({error.str().strip().rstrip('.')})."


class Heard:
    """Hears a client's errors and keeps the most telling one: that nobody answers follows from everything else."""

    def __init__(self) -> None:
        self.cause: KafkaError | None = None

    def __call__(self, error: KafkaError) -> None:
        """Called by the client, in whichever thread polls it."""
        if self.cause is None or self.cause.name() in _VAGUE:
            self.cause = error

    def behind(self, error: KafkaError) -> KafkaError:
        """What stands behind an error that a call gave."""
        return self.cause if self.cause is not None and error.name() in _VAGUE else error


class Told(Heard):
    """Also says each kind when it is new, then twice a minute; that nobody answers only when nothing else was said lately."""

    def __init__(self, client: str) -> None:
        super().__init__()
        self._client = client
        self._at: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, error: KafkaError) -> None:
        """See there."""
        super().__call__(error)
        with self._lock:
            lately = {name for name, at in self._at.items() if monotonic() - at < _SAY_EVERY}
            if error.name() in lately or (error.name() in _VAGUE and lately):
                return
            self._at[error.name()] = monotonic()
        _log.warning("kafka_trouble", client=self._client, error=sentence(error))


class _Demoted(logging.Logger):
    """The client's own lines, for who looks closely: its errors come as sentences anyway."""

    def __init__(self) -> None:
        super().__init__("librdkafka")

    def log(self, level: int, msg: object, *args: object, **_: Any) -> None:
        """Everything is worth `debug` only."""
        del level
        _client_log.debug(msg, *args)


def _security(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {"security.protocol": _PROTOCOLS[settings.kafka_security]}
    files = {
        "ssl.ca.location": settings.kafka_ca,
        "ssl.certificate.location": settings.kafka_certificate,
        "ssl.key.location": settings.kafka_key,
    }
    config |= {name: str(file) for name, file in files.items() if file is not None}
    if settings.kafka_sasl is KafkaSasl.AWS_MSK_IAM:
        config |= {"sasl.mechanism": "OAUTHBEARER", "oauth_cb": iam_token(str(settings.kafka_region))}
    elif settings.kafka_sasl is not None and settings.kafka_password_file is not None:
        password = _password(settings.kafka_password_file)
        config |= {"sasl.mechanism": settings.kafka_sasl.upper(), "sasl.username": settings.kafka_user, "sasl.password": password}
    return config


def _password(file: Path) -> str:
    try:
        password = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        password = ""
    if not password:
        raise SettingsError("ARENA_KAFKA_PASSWORD_FILE is wrong: the file is empty or cannot be read.")
    return password


def iam_token(region: str) -> Callable[[str], tuple[str, float]]:
    """What MSK asks for: a signed address, by the credentials that AWS' own chain finds (the role of the pod), with its end in seconds.

    Its package brings boto3, which only AWS needs: it is loaded when the first token is asked for.
    """

    def token(_: str) -> tuple[str, float]:
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider  # noqa: PLC0415 - see above

        signed, ends_in_milliseconds = MSKAuthTokenProvider.generate_auth_token(region)
        return signed, ends_in_milliseconds / 1000

    return token
