"""`cardroom-central setting` as somebody at the server types it, wrong arguments too."""

import subprocess
import sys
from pathlib import Path

import pytest

PASSWORD = "tall-lamp-quiet-42"  # a test's own


def central(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "central", "--data", str(data), *arguments]
    return subprocess.run(command, input=PASSWORD, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    assert central(folder, "init", "--admin", "boss", "--password-stdin").returncode == 0
    return folder


def test_it_is_set_shown_and_on_record(house: Path) -> None:
    done = central(house, "setting", "desk.duty-meal", "900", "--why", "dearer rice")
    assert (done.returncode, done.stdout[:20]) == (0, "Duty meal: 9.00 yuan")
    shown = central(house, "setting", "desk.duty-meal").stdout
    assert "JSON: 900" in shown
    assert "(console)" in shown
    assert "<" not in shown
    assert central(house, "verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nope", "1", "--why", "w"), "no setting nope"),
        (("desk.duty-meal", "900"), "say why"),
        (("desk.duty-meal", "much", "--why", "w"), "JSON"),
        (("desk.duty-meal", '"9"', "--why", "w"), "can't be read"),
        (("desk.duty-meal", "9", "--for", "moon", "--why", "w"), "--for is"),
        (("desk.duty-meal", "9", "--for", "class:dorm", "--why", "w"), "can't differ"),
        (("sale.seasonal-minimum", "[]", "--for", "class:no", "--why", "w"), "no such class"),
        (("desk.duty-meal", "9", "--from", "soon", "--why", "w"), "--from is"),
        (("approval.setting", '[{"offices": ["king"]}]', "--why", "w"), "no such office"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    house: Path, arguments: tuple[str, ...], words: str
) -> None:
    refused = central(house, "setting", *arguments)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert "Nothing was changed" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_all_of_them_are_listed_chains_too(house: Path) -> None:
    listed = central(house, "setting").stdout
    assert "desk.hours" in listed
    assert "approval.setting" in listed
