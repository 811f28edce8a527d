"""Values that cannot work end the installation before anything is made, with a sentence that says what to do."""

import pytest

from tests.charts.rendering import template

KAFKA = ("kafka.enabled=true", "kafka.bootstrap=kafka:9092")
SASL = (*KAFKA, "kafka.security=sasl_tls")
EXTERNAL = ("postgres.enabled=false", "database.url=postgresql://admin@db:5432/arena")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ("services.api.serve={identity,habits,batles,scoring}",),
            'services.api.serve names "batles", which there is not. Known: battles, habits,',
        ),
        (
            ("services.workers.work={live}",),
            'services.workers.work names "live", which there is not. Known: battles, habits, identity, scoring.',
        ),
        (("services.web.serve={web,live}",), '"live" is in serve of both services.live and services.web: leave it in one of them'),
        (("services.web=null",), 'No entry of services has "web" in its serve: add it to one'),
        (("services.workers.work={identity,habits,scoring}",), 'No entry of services has "battles" in its work: add it to one'),
        (("services.web.work={scoring}",), "services.web has both serve and work: make two entries of it"),
        (("services.more.replicas=2",), "services.more does nothing: say which services it serves"),
        (("services.api.replica=2",), "additional properties 'replica' not allowed"),
        (("defaults.replicas=0",), "at '/defaults/replicas': minimum: got 0, want 1"),
        (("replicaCount=2",), "additional properties 'replicaCount' not allowed"),
        (("postgres.enabled=false",), "say where your PostgreSQL is: database.url=postgresql://USER@HOST:5432/NAME"),
        (EXTERNAL, "name it in database.passwordSecret.name"),
        (EXTERNAL[1:], "database.url is set while postgres.enabled is true"),
        (("database.url=postgresql://admin:secret@db:5432/arena",), "at '/database/url'"),
        (("route.gateway.name=public", "route.ingress.enabled=true"), "one of them leads to the platform, so take the other away"),
        (("kafka.enabled=true",), "say where your brokers are: kafka.bootstrap=HOST:9092"),
        (("kafka.enabled=true", "kafka.bootstrap=kafka"), "at '/kafka/bootstrap'"),
        ((*KAFKA, "kafka.security=ssl"), "value must be one of 'plaintext', 'tls', 'sasl_plaintext', 'sasl_tls'"),
        (SASL, "say how to sign in: kafka.sasl=scram-sha-512"),
        ((*KAFKA, "kafka.sasl=plain"), "kafka.sasl does nothing unless kafka.security is sasl_tls or sasl_plaintext"),
        ((*KAFKA, "kafka.caConfigMap=ca"), "do nothing unless kafka.security is tls or sasl_tls"),
        ((*SASL, "kafka.sasl=plain"), "set kafka.reader.user, and kafka.passwordSecret to a Secret with a key for each user"),
        ((*SASL, "kafka.sasl=aws-msk-iam"), "which needs kafka.security=sasl_tls and kafka.region"),
        ((*KAFKA, "kafka.format=avro"), "say where the registry of schemas is: kafka.schemaRegistry=https://HOST"),
        ((*KAFKA, "services.relay=null"), 'No entry of services has "relay" in its work: add it to one'),
        (("archive.s3=s3://months", "archive.claim=months"), "the archive is in one place, so take the other away"),
        (("archive.retention=400d",), "say where the archive is: archive.s3=s3://BUCKET/PREFIX or archive.claim=NAME"),
        (("archive.claim=months", "archive.retention=1y"), "at '/archive/retention'"),
        (
            ("archive.claim=months", "archive.endpoint=http://minio:9000"),
            "archive.endpoint and archive.roleArn do nothing without archive.s3",
        ),
        (("logLevel=loud",), "value must be one of 'debug', 'info', 'warning', 'error'"),
    ],
)
def test_values_that_cannot_work_are_refused_with_an_instruction(settings: tuple[str, ...], sentence: str) -> None:
    done = template("arena", *(word for one in settings for word in ("--set", one)))
    assert done.returncode != 0
    assert sentence in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("chart", ["arena", "arena-crds", "arena-operator"])
def test_a_kubernetes_that_is_too_old_is_refused(chart: str) -> None:
    done = template(chart, "--kube-version", "1.30.9")
    assert done.returncode != 0
    assert "chart requires kubeVersion: >=1.31.0-0 which is incompatible with Kubernetes v1.30.9" in done.stderr
    assert template(chart, "--kube-version", "1.31.0").returncode == 0


def test_a_provider_s_own_version_is_not_taken_for_an_older_one() -> None:
    assert template("arena", "--kube-version", "v1.31.2-eks-7f9249a").returncode == 0
