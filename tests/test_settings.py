"""Settings: what is read from where, and what is said of a wrong one."""

from pathlib import Path

import pytest

from open311 import settings
from open311.base.errors import ConfigurationError
from open311.settings import values
from open311.settings.options import OPTIONS, Option

ANY_TEXT = (values.text, values.path)


def refusal(**environ: str) -> str:
    """What is said when this environment is refused."""
    with pytest.raises(ConfigurationError) as refused:
        settings.load(environ)
    return str(refused.value)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.variable)
def test_every_setting_may_stand_in_a_file(option: Option, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("?://\n", encoding="utf-8")
    named = {f"{option.variable}_FILE": str(file)}
    if option.parse in ANY_TEXT:
        assert getattr(settings.load(named), option.field) == option.parse("?://")
    else:
        assert refusal(**named).startswith(f"{option.variable} is ")


def test_a_variable_beats_its_file_and_an_empty_one_counts_as_unset(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("8400\n", encoding="utf-8")
    assert settings.load({"PORT": "8500", "PORT_FILE": str(file)}).port == 8500
    assert settings.load({"PORT": "", "PORT_FILE": str(file)}).port == 8400
    assert settings.load({"PORT": "", "PORT_FILE": ""}).port == 8311


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert refusal(DATABASE_URL_FILE=str(tmp_path / "missing")).startswith("DATABASE_URL_FILE cannot be read")
    (tmp_path / "latin").write_bytes(b"postgresql://m\xfcller@host/db")
    assert refusal(DATABASE_URL_FILE=str(tmp_path / "latin")).startswith("DATABASE_URL_FILE names")


def test_a_wrong_value_is_told_with_its_name_and_what_is_allowed() -> None:
    assert refusal(PORT="http") == "PORT is 'http'; allowed is a whole number from 1 to 65535"


@pytest.mark.parametrize("address", ["http://[::1", "http://host:port", "http://host:99999"])
def test_what_is_no_address_is_told_with_an_example(address: str) -> None:
    assert refusal(OPEN311_BASE_URL=address).endswith(
        "allowed is an address such as https://report.example.org"
    )
    database = address.replace("http", "postgresql")
    assert "allowed is an address such as postgresql://" in refusal(DATABASE_URL=database)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://open311:geheim@host/db"),
        ("OPEN311_POOLER_URL", "open311:geheim@host/db"),
        ("OPEN311_REPLICA_URL", "http://open311:geheim@host/db"),
        ("OPEN311_FORWARD_KEYS", "geheim"),
        ("OPEN311_MAP_STYLE_URL", "tiles.example.org/style.json?key=geheim"),
        ("OPEN311_SMTP_URL", "imap://user:geheim@mail.example.org"),
    ],
)
def test_a_wrong_secret_is_not_repeated(variable: str, value: str) -> None:
    said = refusal(**{variable: value})
    assert said.startswith(f"{variable} is not allowed as it is; allowed is ")
    assert "geheim" not in said


def test_a_checkout_has_one_folder_of_data_wherever_a_command_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load({}).data_dir == Path(__file__).parents[1] / "var"
