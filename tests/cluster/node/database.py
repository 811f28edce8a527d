"""A PostgreSQL that is not part of a release, as one that a provider runs: its pod stays when versions change."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.cluster.node.release import Release

NAME = "database"
PASSWORD = "not-a-secret-of-anybody"
URL = f"postgresql://postgres@{NAME}:5432/arena"
SETTINGS = (
    "--set=postgres.enabled=false",
    f"--set=database.url={URL}",
    f"--set=database.passwordSecret.name={NAME}",
)
"""What makes the chart use it."""


@dataclass(frozen=True, slots=True)
class Database:
    """One that runs in the namespace of a release."""

    arena: Release

    @classmethod
    def begin(cls, arena: Release, image: str) -> "Database":
        """Start it from the services' image and wait until it listens."""
        arena.node.cluster.apply(*_objects(image), namespace=arena.namespace)
        arena.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"pod/{NAME}")
        return cls(arena)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._connect() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def do(self, statement: str) -> None:
        """Run a statement as the administrator."""
        with self._connect() as connection:
            connection.execute(statement.encode())

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        host = urlsplit(self.arena.node.url(NAME, self.arena.namespace)).hostname
        return psycopg.connect(host=host, dbname="arena", user="postgres", password=PASSWORD)


def _objects(image: str) -> list[dict[str, Any]]:
    labels = {"app": NAME}
    container = {
        "name": NAME,
        "image": image,
        "args": ["postgres"],
        "env": [
            {"name": "ARENA_DATA_DIR", "value": "/data"},
            {"name": "ARENA_POSTGRES_PASSWORD_FILE", "value": "/run/database/password"},
        ],
        "ports": [{"containerPort": 5432}],
        "readinessProbe": {"tcpSocket": {"port": 5432}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "200m", "memory": "256Mi"}},  # as the chart's own; else starting pods starve it
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "password", "mountPath": "/run/database"}],
    }
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "password", "secret": {"secretName": NAME, "defaultMode": 0o440}}],
    }
    about = {"name": NAME, "labels": labels}
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": {"password": PASSWORD}},
        {"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": {"selector": labels, "ports": [{"port": 5432}]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": pod},
    ]
