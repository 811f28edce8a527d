"""Of Kafka what no case in ci/ says: a prefix of one's own, a registry whose certificate one signed oneself."""

import pytest
import yaml

from tests.charts.rendering import CHARTS, template

MSK = ("--values", str(CHARTS / "arena" / "ci" / "msk.yaml"))


@pytest.mark.parametrize("template_of", ["services.yaml", "topics.yaml"])
def test_a_prefix_reaches_all_who_meet_kafka(template_of: str) -> None:
    done = template("arena", *MSK, "--set", "kafka.prefix=staging", "--show-only", f"templates/{template_of}")
    assert done.returncode == 0, done.stderr
    jobs = [one for one in yaml.safe_load_all(done.stdout) if one["kind"] in {"Deployment", "Job"}]
    pods = [one["spec"]["template"]["spec"]["containers"][0]["env"] for one in jobs]
    met = [env for env in pods if {"name": "ARENA_BUS", "value": "kafka"} in env]
    assert met
    assert all({"name": "ARENA_KAFKA_PREFIX", "value": "staging"} in env for env in met)


def test_a_prefix_that_kafka_or_avro_would_not_take_is_refused() -> None:
    done = template("arena", *MSK, "--set", "kafka.prefix=my_arena.")
    assert done.returncode != 0
    assert "prefix" in done.stderr


def test_the_certificate_of_the_registry_is_a_file_that_the_setting_names() -> None:
    done = template("arena", *MSK, "--set", "kafka.schemaRegistryCaConfigMap=registry-ca", "--show-only", "templates/topics.yaml")
    assert done.returncode == 0, done.stderr
    pod = yaml.safe_load(done.stdout)["spec"]["template"]["spec"]
    assert {"name": "ARENA_SCHEMA_REGISTRY_CA", "value": "/run/habitarena/kafka/registry-ca.crt"} in pod["containers"][0]["env"]
    [volume] = [one for one in pod["volumes"] if one["name"] == "kafka"]
    told = {"name": "registry-ca", "items": [{"key": "ca.crt", "path": "registry-ca.crt"}]}
    assert volume["projected"]["sources"] == [{"configMap": told}]


def test_a_certificate_of_a_registry_without_tls_is_refused() -> None:
    done = template("arena", *MSK, "--set", "kafka.schemaRegistryCaConfigMap=x", "--set", "kafka.schemaRegistry=http://registry")
    assert "does nothing unless kafka.schemaRegistry begins with https://" in done.stderr
