"""Commands typed by hand go by the services' settings: on PostgreSQL they would else work on empty books beside the real ones."""

from pathlib import Path

import pytest

from central.__main__ import main
from central.config import environment_file
from central.config.environment_file import Unreadable, read_settings

TEXT = """\
# what systemd reads
; and this
DATABASE_URL=postgresql://cardroom:a=b'c@host/books
  CARDROOM_HTTPS = "1"
CARDROOM_ADDRESS='https://card.example.edu.cn'
EMPTY=
not a setting
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "central.env"
    monkeypatch.setattr(environment_file, "FILE", path)
    monkeypatch.delenv("CARDROOM_DATA", raising=False)
    return path


def test_settings_are_taken_over_where_nothing_is_set(file: Path) -> None:
    known = {"CARDROOM_HTTPS": "0"}
    assert read_settings(known) == 0, "there is none on a bench"
    file.write_text(TEXT)
    assert read_settings(known) == 3
    assert known == {
        "CARDROOM_HTTPS": "0",
        "DATABASE_URL": "postgresql://cardroom:a=b'c@host/books",
        "CARDROOM_ADDRESS": "https://card.example.edu.cn",
        "EMPTY": "",
    }


def test_who_names_a_folder_of_his_own_gets_none_of_them(file: Path) -> None:
    file.write_text(TEXT)
    elsewhere = {"CARDROOM_DATA": "/tmp/other"}
    assert read_settings(elsewhere) == 0
    assert elsewhere == {"CARDROOM_DATA": "/tmp/other"}


def test_settings_that_cannot_be_read_stop_the_command(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.mkdir()
    with pytest.raises(Unreadable, match="sudo -u cardroom"):
        read_settings({})
    assert main(["doctor"]) == 1
    assert "can't be read by this user" in capsys.readouterr().err
