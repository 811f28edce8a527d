"""The addresses that clients are given."""

from arena.embedded.postgres import Endpoint


def test_the_url_names_the_socket_folder_and_carries_any_password() -> None:
    endpoint = Endpoint("/run/a b", "p@ss/w:rd")
    assert endpoint.url() == "postgresql+psycopg://arena:p%40ss%2Fw%3Ard@/arena?host=%2Frun%2Fa+b&port=5432"


def test_another_role_and_database_can_be_named() -> None:
    assert Endpoint("/run/a", "x").url("other", "me", "y").startswith("postgresql+psycopg://me:y@/other?")


def test_a_connection_string_names_everything_libpq_would_otherwise_take_from_the_environment() -> None:
    assert Endpoint("/run/a", "it's").conninfo("postgres") == r"host=/run/a port=5432 user=arena password=it\'s dbname=postgres"


def test_the_password_is_not_shown() -> None:
    assert "hidden" not in repr(Endpoint("/run/a", "hidden"))
