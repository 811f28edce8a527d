"""What pip was told reaches uv."""

from pathlib import Path

from tools.pip_settings import parse_config, translate, uv_environment


def test_pip_s_configuration_is_read_and_install_wins_over_global() -> None:
    listing = "install.index-url='https://mirror.example/b'\nglobal.index-url='https://mirror.example/a'\n:env:.index-url='x'\nnoise"
    assert parse_config(listing) == {"index-url": "https://mirror.example/b"}


def test_a_mirror_becomes_uv_s_default_index_and_a_list_stays_a_list() -> None:
    told = {"index-url": "https://mirror.example/simple", "extra-index-url": "https://a.example\\nhttps://b.example"}
    found = translate(parse_config("".join(f"global.{name}='{value}'\n" for name, value in told.items())), {})
    assert found == {"UV_DEFAULT_INDEX": "https://mirror.example/simple", "UV_INDEX": "https://a.example https://b.example"}


def test_what_uv_was_told_itself_stays() -> None:
    options = {"index-url": "https://mirror.example", "cert": "/pip.pem"}
    assert translate(options, {"UV_INDEX_URL": "https://own.example", "SSL_CERT_FILE": "/own.pem"}) == {}


def test_a_folder_of_wheels_that_is_missing_is_passed_over(tmp_path: Path) -> None:
    links = f"{tmp_path} {tmp_path / 'gone'} https://wheels.example"
    assert translate({"find-links": links}, {}) == {"UV_FIND_LINKS": f"{tmp_path},https://wheels.example"}
    assert translate({"find-links": str(tmp_path / "gone")}, {}) == {}


def test_variables_win_over_files_and_an_active_environment_is_not_the_aim() -> None:
    environment = {"PIP_INDEX_URL": "https://mirror.example", "VIRTUAL_ENV": "/elsewhere", "HOME": "/h"}
    assert uv_environment(environment) == {
        "PIP_INDEX_URL": "https://mirror.example",
        "HOME": "/h",
        "UV_DEFAULT_INDEX": "https://mirror.example",
    }
