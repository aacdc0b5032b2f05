"""Which older backups go, and what of a rehearsal is on record: the commands alone, the work itself stands still."""

from argparse import Namespace
from pathlib import Path

import pytest

from central.config.backup.making import Made
from central.config.backup.trial import Rehearsed
from central.config.commands import backup, restore
from central.link.models import Alarm, BackupRun
from gateway.contract.backup_file.layout import VERSION, Manifest
from gateway.contract.commands import CENTRAL

FACTS = {"receipts": 1, "transfers": 2, "gateways": 3}


@pytest.fixture
def medium(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = Made(tmp_path / "new.backup", 5, Manifest(VERSION, CENTRAL, 1, True, "1", "", "", [], FACTS), None)
    still = {
        "is_ready": lambda: True,
        "_recipient": lambda _options: "key",
        "_job": lambda *_: Namespace(facts=FACTS),
        "make_backup": lambda *_: made,
        "name_of": str,
    }
    for name, value in still.items():
        monkeypatch.setattr(backup, name, value)
    return tmp_path


@pytest.mark.parametrize("good", [True, False])
def test_what_cannot_be_restored_takes_no_older_ones_place(medium, monkeypatch, good):
    gone = []
    monkeypatch.setattr(backup, "rehearse_made", lambda _made: Rehearsed(good, ["x"], "verify: x"))
    monkeypatch.setattr(backup, "keep_newest", lambda *asked: gone.append(asked) or [])
    options = Namespace(target=str(medium), keep=1, rehearse=True, new_key=False, key_to=None, telemetry=True)
    assert backup.backup(options) == (0 if good else 1)
    assert bool(gone) is good
    assert Alarm.objects.filter(what="backup-failed", subject="rehearsal").exists() is not good


def test_a_stick_that_is_not_there_at_night_is_told(medium, capsys):
    options = Namespace(
        target=str(medium / "stick"), keep=14, rehearse=False, new_key=False, key_to=None, telemetry=True
    )
    assert backup.backup(options) == 1
    run = BackupRun.objects.get()
    assert not run.good
    assert str(medium / "stick") in run.detail
    assert Alarm.objects.filter(what="backup-failed", subject="backup").exists()
    (medium / "stick").write_text("a file")
    assert backup.backup(options) == 2, "a mistake of who types is nobody's alarm"
    assert BackupRun.objects.count() == 1


def test_a_rehearsal_with_the_paper_is_on_record_where_the_central_is(medium, monkeypatch):
    file = medium / "new.backup"
    file.write_bytes(b"12345")
    (medium / "signing.key").touch()
    monkeypatch.setattr(restore.data_folder, "folder", lambda: medium)
    monkeypatch.setattr(restore, "_private_key", lambda _options: "key")
    monkeypatch.setattr(restore, "rehearse", lambda *_: Rehearsed(True, ["x"], "receipts 1"))
    options = Namespace(file=str(file), rehearse=True, ask_key=False, key_file=None)
    assert restore.restore(options) == 0
    assert not BackupRun.objects.exists(), "bytes alone are no restoration"
    options.ask_key = True
    assert restore.restore(options) == 0
    run = BackupRun.objects.get()
    assert (run.kind, run.good, run.size, run.place) == ("rehearsal", True, 5, str(file))
