"""Settings: defaults that depend on others, wrong values named, every variable described, the guide in step."""

from pathlib import Path

import pytest

from arena.chassis.core.settings import Registration, Settings, SettingsError, describe, load_settings, misspelt

GUIDE = Path(__file__).parents[4] / "docs/guides/settings.md"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in describe():
        monkeypatch.delenv(row.variable, raising=False)


def test_the_defaults_are_those_promised() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.metrics_port, settings.data_dir) == ("127.0.0.1", 8000, 8001, Path(".arena"))
    assert (settings.writes_per_second, settings.sign_ins_per_minute, bool(settings.coalesce)) == (100, 60, True)
    assert settings.database_url is None
    assert settings.otlp_endpoint is None


def test_the_metrics_port_follows_the_port_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_PORT", "9000")
    assert load_settings().metrics_port == 9001
    monkeypatch.setenv("ARENA_METRICS_PORT", "7")
    assert load_settings().metrics_port == 7


@pytest.mark.parametrize(
    ("host", "registration"),
    [
        ("127.0.0.1", "open"),
        ("127.9.9.9", "open"),
        ("::1", "open"),
        ("localhost", "open"),
        ("192.168.1.5", "invite"),
        ("arena.example", "invite"),
    ],
)
def test_registration_is_open_on_loopback_only_unless_set(monkeypatch: pytest.MonkeyPatch, host: str, registration: str) -> None:
    monkeypatch.setenv("ARENA_HOST", host)
    assert load_settings().registration is Registration(registration)
    monkeypatch.setenv("ARENA_REGISTRATION", "closed")
    assert load_settings().registration is Registration.CLOSED


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_PORT", "9000")
    assert load_settings(port=9500).port == 9500


def test_telemetry_goes_by_the_names_of_opentelemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert load_settings().otlp_endpoint == "http://collector:4318"
    assert load_settings(otlp_endpoint="http://other:4318").otlp_endpoint == "http://other:4318"


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("ARENA_PORT", "web", "valid integer"),
        ("ARENA_PORT", "65536", "less than or equal to 65535"),
        ("ARENA_METRICS_PORT", "0", "greater than or equal to 1"),
        ("ARENA_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("ARENA_REGISTRATION", "maybe", "'open', 'invite' or 'closed'"),
        ("ARENA_COALESCE", "perhaps", "'on' or 'off'"),
        ("ARENA_DATABASE_URL", "mysql://hunter2@x/y", "begin with postgresql://"),
        ("ARENA_INTERNAL_TOKEN", "hunter2", "at least 32"),
        ("ARENA_REQUEST_TIMEOUT", "nan", "input should be"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "https?"),
        ("ARENA_PLATFORM_JWKS", "https://issuer.example/keys", "nothing without ARENA_PLATFORM_ISSUER"),
        ("ARENA_PLATFORM_SUBJECTS", "a", "nothing without ARENA_PLATFORM_ISSUER"),
        ("ARENA_PLATFORM_CA", __file__, "nothing without ARENA_PLATFORM_ISSUER"),
        ("ARENA_PLATFORM_JWKS_TOKEN_FILE", __file__, "nothing without ARENA_PLATFORM_ISSUER"),
    ],
)
def test_a_wrong_value_is_a_sentence_with_variable_and_rule_and_without_the_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    sentence = str(wrong.value)
    assert sentence.startswith(f"{variable} is wrong: ")
    assert rule in sentence
    assert "hunter2" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("ARENA_PLATFORM_ISSUER", "http://issuer.example", "^https://"),
        ("ARENA_PLATFORM_SUBJECTS", "", "at least one subject"),
        ("ARENA_PLATFORM_SUBJECTS", "system:serviceaccount:arena:*", "without wildcards"),
        ("ARENA_PLATFORM_SUBJECTS", "one,,two", "whole names"),
        ("ARENA_PLATFORM_JWKS", "http://issuer.example/keys", "https://"),
        ("ARENA_PLATFORM_JWKS", "http://[::/keys", "https://"),
        ("ARENA_PLATFORM_JWKS", "/nowhere/keys.json", "no such file"),
        ("ARENA_PLATFORM_CA", "/nowhere/ca.crt", "file"),
        ("ARENA_PLATFORM_JWKS_TOKEN_FILE", "/nowhere/token", "file"),
    ],
)
def test_a_platform_that_could_be_impersonated_or_never_proved_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, rule: str
) -> None:
    monkeypatch.setenv("ARENA_PLATFORM_ISSUER", "https://issuer.example")
    monkeypatch.setenv("ARENA_PLATFORM_SUBJECTS", "system:serviceaccount:arena:arena-operator")
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    [sentence] = str(wrong.value).splitlines()
    assert sentence.startswith(f"{variable} is wrong: ")
    assert rule in sentence


@pytest.mark.parametrize("keys", ["https://issuer.example/keys", "http://127.0.0.1:8080/keys", "http://localhost/keys", __file__])
def test_a_platform_is_set_by_its_issuer_and_subjects(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("ARENA_PLATFORM_ISSUER", "https://issuer.example")
    monkeypatch.setenv("ARENA_PLATFORM_SUBJECTS", " one , two")
    assert (load_settings().platform_subjects, load_settings().platform_jwks) == ("one,two", None)
    monkeypatch.setenv("ARENA_PLATFORM_JWKS", keys)
    assert load_settings().platform_jwks == keys


def test_several_wrong_values_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_LOG_LEVEL", "loud")
    monkeypatch.setenv("ARENA_COALESCE", "perhaps")
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    assert len(str(wrong.value).splitlines()) == 2


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_PORT", "")
    assert load_settings().port == 8000


def test_a_misspelt_variable_is_pointed_out_and_a_foreign_one_is_not() -> None:
    found = misspelt({"ARENA_PROT": "1", "ARENA_REAL_DATA": "/data", "ARENA_PORT": "1", "PATH": "/bin"})
    assert found == ["ARENA_PROT is not a setting; did you mean ARENA_PORT?"]


def test_every_setting_has_a_description_that_is_a_sentence() -> None:
    rows = describe()
    assert len(rows) == len(Settings.model_fields)
    for row in rows:
        assert row.description.endswith("."), row
        assert row.variable.startswith(("ARENA_", "OTEL_"))


def test_the_guide_lists_every_setting_as_the_code_does() -> None:
    table = [f"| `{row.variable}` | {row.default or 'not set'} | {row.description} |" for row in describe()]
    lines = GUIDE.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == table
