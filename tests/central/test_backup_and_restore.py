"""Backups of central (R-B6, C-11): taken while the desk sells, put back beside a real gateway's store that went on, and damaged."""

import json
import os
import signal
import time
from argparse import Namespace
from pathlib import Path

import pytest

from central.config.backup.paper import make_into_file
from central.config.backup.trial import rehearse
from central.config.commands.restore import restore
from tests.central.own_central import OwnCentral
from tests.central.test_processes import PATIENCE_S, PAY, verified

LIVE = "from tests.central.restored_life import main; main()"


def live(central: OwnCentral, phase: str, folder: Path) -> dict:
    out, errors = central.script(LIVE, phase, str(folder)).communicate(timeout=PATIENCE_S * 2)
    assert out.strip(), errors
    return json.loads(out.splitlines()[-1])


def key_of(central: OwnCentral, folder: Path, name: str = "paper.txt") -> Path:
    """Make a recovery key of a central, into a file instead of onto paper."""
    key = folder / name
    make_into_file(central.folder, 1, key)
    return key


def test_c_11_a_restored_central_doubles_nothing_and_names_what_only_it_knew(ready, tmp_path):
    key, file, gateway = key_of(ready, tmp_path), tmp_path / "c.backup", tmp_path / "gateway"
    before = live(ready, "begin", gateway)
    made = ready.run("backup", str(file))
    assert made.returncode == 0, made.stderr
    lost = live(ready, "lost", gateway)
    assert lost["gateway"] == lost["central"]
    back = ready.run("restore", str(file), "--replace", "--key-file", str(key), stdin="central\n")
    assert back.returncode == 0, back.stderr
    after = live(ready, "restored", gateway)
    assert after["awaits"] == [False]
    assert after["open"] == 0, "everything was answered"
    assert after["gateway"] == after["central"], "the books agree: what was lost is booked against suspense"
    assert after["differences"] == []
    bought = [[f"p-p{n}", f"1-30{1 + n % 2}.1", (1_000 + n) * 10_000] for n in range(100, 120)]
    assert sorted(after["lost"]) == sorted(bought), "named, each with its account and amount"
    assert after["lost_commands"] == 21, "twenty payments and a relay wish"
    assert after["readings"] == after["different_readings"] == lost["readings"] + 3 * 2
    assert after["quarantined"] == ["lost-command"]
    assert after["gateway_alarms"] == lost["gateway_alarms"], "no number was used twice"
    assert set(after["alarms"]) - set(lost["alarms"]) == {"central-restored", "unknown-grant"}
    printed = {*before["receipts"].values(), *lost["receipts"].values()}
    assert min(after["receipts"].values()) > max(printed), "a printed number is never given again"
    verified(ready)
    assert "21 commands of the lost central" in after["said"]


LIMITED = r"""
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
from central.__main__ import main
sys.exit(main(sys.argv[1:]))
""".replace("LIMIT, LIMIT", "12_000_000, 12_000_000")


def backups(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.one_database
def test_a_backup_is_whole_or_not_there_while_the_desk_sells(ready, tmp_path, capsys):
    """Under load it restores to books that verify; killed or on a full disk it leaves no file, and says why."""
    key, stick = key_of(ready, tmp_path), tmp_path / "stick"
    stick.mkdir()
    (ready.folder / "photos").mkdir()
    (ready.folder / "photos" / "a").write_bytes(os.urandom(13_000_000))
    selling = ready.script(PAY, "0", "100000", "2")
    try:
        selling.stdout.readline()
        done = ready.run("backup", str(stick / "under-load.backup"), "--rehearse")
    finally:
        selling.send_signal(signal.SIGKILL)
        selling.communicate(timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks hold" in done.stdout
    killed = ready.start("backup", str(stick))
    while len(backups(stick)) == 1 and killed.poll() is None:
        time.sleep(0.001)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    left = [name for name in backups(stick) if name.endswith(".backup")]
    assert left == ["under-load.backup"], "it was killed while it wrote"
    limited = ready.script(LIMITED, "backup", str(stick))
    out, errors = limited.communicate(timeout=PATIENCE_S)
    assert limited.returncode == 1, out
    assert "There is no room for the backup" in errors
    assert backups(stick) == ["under-load.backup"], "nor is anything left of the one that was killed"
    assert not list(ready.folder.glob(".backup-*")), "nor a copy in the clear"
    damaged(stick / "under-load.backup")
    other_paper(ready, key, stick, capsys)


def damaged(file: Path) -> None:
    """Wherever it is cut or altered, a file is no proof; the place is said where it can be."""
    whole, spoilt = file.read_bytes(), file.with_name("spoilt.backup")
    assert rehearse(file, None).good
    for place in (
        0,
        3,
        40,
        300,
        1_000_500,
        len(whole) // 2,
        len(whole) - 90_000,
        len(whole) - 700,
        len(whole) - 1,
    ):
        spoilt.write_bytes(whole[:place])
        assert not rehearse(spoilt, None).good, f"cut at {place}"
        altered = bytearray(whole)
        altered[place] ^= 1
        spoilt.write_bytes(altered)
        found = rehearse(spoilt, None)
        assert not found.good, f"altered at {place}"
        if place == len(whole) // 2:
            assert "photos/a" in found.summary
            assert "byte" in found.summary
    spoilt.unlink()


def other_paper(central: OwnCentral, key: Path, stick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another key is named; a central that is there is not written over without being asked; what was typed wrongly is told."""
    asked = Namespace(file=str(stick), to=str(central.folder), rehearse=False, ask_key=False, replace=False)
    other = key_of(central, key.parent, "other.txt")
    assert restore(Namespace(**{**vars(asked), "key_file": str(other)})) == 1
    assert "not this backup's" in capsys.readouterr().err
    assert restore(Namespace(**{**vars(asked), "key_file": str(key)})) == 1
    assert "There is a central in" in capsys.readouterr().err
    typed = key.read_text()
    (line,) = [line.strip() for line in typed.splitlines() if line.count("-") == 7]
    mistyped = ("3" if line[0] == "2" else "2") + line[1:]
    key.write_text(typed.replace(line, mistyped))
    assert restore(Namespace(**{**vars(asked), "key_file": str(key), "replace": True})) == 1
    assert "Mistyped: group 1" in capsys.readouterr().err
    with (central.folder / "photos" / "a").open("rb"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.getpid", lambda: 0)
        key.write_text(typed)
        assert restore(Namespace(**{**vars(asked), "key_file": str(key), "replace": True})) == 1
    assert "A central is alive there" in capsys.readouterr().err
