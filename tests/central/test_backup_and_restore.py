"""Backups of central (R-B6, C-11): taken while the desk sells, put back beside a real gateway's store that went on, and damaged."""

import json
import os
import signal
import sqlite3
import time
from argparse import Namespace
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils import translation

from central.config.backup import making
from central.config.backup.becoming import renamed
from central.config.backup.copy_folder import held_folder
from central.config.backup.databases import FILE_NAMES, POSTGRESQL, SQLITE, TELEMETRY, Database, copied
from central.config.backup.making import COPY_PREFIX
from central.config.backup.medium import sweep_left_over
from central.config.backup.paper import make_into_file
from central.config.backup.trial import rehearse
from central.config.commands.restore import restore
from central.config.databases import database_settings
from central.link.signing import signer
from tests.central.own_central import OwnCentral
from tests.central.test_processes import PATIENCE_S

LIVE = "from tests.central.restored_life import main; main()"


def live(central: OwnCentral, phase: str, folder: Path, file: Path) -> tuple[dict, str]:
    """Live one phase; give what is compared, and what was said on standard error."""
    out, errors = central.script(LIVE, phase, str(folder), str(file)).communicate(timeout=PATIENCE_S * 3)
    assert out.strip(), errors
    return json.loads(out.splitlines()[-1]), errors


def key_of(central: OwnCentral, folder: Path, name: str = "paper.txt") -> Path:
    """Make a recovery key of a central, into a file instead of onto paper."""
    key = folder / name
    make_into_file(central.folder, 1, key)
    return key


def large_photograph(central: OwnCentral) -> None:
    (central.folder / "photos").mkdir()
    (central.folder / "photos" / "a").write_bytes(os.urandom(13_000_000))


@pytest.mark.timeout(900)
def test_c_11_a_restored_central_doubles_nothing_and_names_what_only_it_knew(ready, tmp_path, capsys):
    key, stick = key_of(ready, tmp_path), tmp_path / "stick"
    stick.mkdir()
    large_photograph(ready)
    file, gateway = stick / "c.backup", tmp_path / "gateway"
    lost, said = live(ready, "begin", gateway, file)
    assert "no room for the backup" in said
    assert lost["gateway"] == lost["central"]
    back = ready.run("restore", str(file), "--replace", "--key-file", str(key), stdin="central\n")
    assert back.returncode == 0, back.stderr
    after, _ = live(ready, "restored", gateway, file)
    assert after["awaits"] == [False]
    assert after["open"] == 0, "everything was answered"
    assert after["gateway"] == after["central"], "the books agree: what was lost is booked against suspense"
    assert after["differences"] == []
    bought = [[f"p-p{n}", f"1-30{1 + n % 2}.1", (1_000 + n) * 10_000] for n in range(100, 120)]
    meanwhile = {f"p-{name}" for name in lost["receipts"]} - set(after["known_then"])
    assert {name for name, *_ in bought} <= meanwhile
    assert {name for name, *_ in after["lost"]} == meanwhile, (
        "what was sold while the backup ran is in it, or named"
    )
    assert [one for one in sorted(after["lost"]) if one[0] < "p-p3"] == sorted(bought), (
        "with account and amount"
    )
    assert after["lost_commands"] == len(meanwhile) + 1, "payments and a relay wish"
    assert after["readings"] == after["different_readings"] == lost["readings"] + 3 * 2
    assert after["quarantined"] == ["lost-command"]
    assert after["gateway_alarms"] == lost["gateway_alarms"], "no number was used twice"
    assert set(after["alarms"]) - set(lost["alarms"]) == {"central-restored", "unknown-grant"}
    assert min(after["receipts"].values()) > max(lost["receipts"].values()), (
        "no printed number is given again"
    )
    assert after["heard"] == [after["lost_commands"]]
    with translation.override("en"):
        killed_while_it_writes(ready, stick)
        damaged(file)
        if not ready.suffix:  # on PostgreSQL this very process is connected to the books that it asks about
            other_paper(ready, key, stick, capsys)


def backups(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def killed_while_it_writes(central: OwnCentral, stick: Path) -> None:
    """Nothing of it is left but what the next one takes away."""
    killed = central.start("backup", str(stick))
    while backups(stick) == ["c.backup"] and killed.poll() is None:
        time.sleep(0.001)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    assert len(backups(stick)) == 2, "it was killed while it wrote"
    assert [name for name in backups(stick) if name.endswith(".backup")] == ["c.backup"]
    sweep_left_over(stick)
    assert backups(stick) == ["c.backup"]
    with held_folder(central.folder, COPY_PREFIX):
        pass
    assert not list(central.folder.glob(f"{COPY_PREFIX}*")), "a copy in the clear, too"


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


def test_a_backup_goes_to_the_server_that_the_whole_address_names(tmp_path):
    """Where two servers are named, their names stand behind the question mark (docs/scale.md); so does what TLS needs."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("asks for PostgreSQL")
    server = urlsplit(os.environ["DATABASE_URL"])
    nobody, there = quote(str(tmp_path), safe=""), server.netloc.partition("@")[2]
    url = (
        f"postgresql://{server.username}@{server.path}?host={nobody},{there}&target_session_attrs=read-write"
    )
    database = Database("default", POSTGRESQL, None, database_settings(url, "")["default"])
    assert database.asked("SELECT current_database()") == server.path[1:]
    with copied(database, tmp_path, lambda _bytes: None) as dump:
        assert dump.read()[:5] == b"PGDMP"
    other = database_settings(renamed(f"{url}&sslrootcert=/etc/ca.pem", "rehearsal"), "")["default"]
    assert (other["NAME"], other["OPTIONS"]["host"]) == ("rehearsal", database.settings["OPTIONS"]["host"])


def test_a_month_that_is_archived_while_a_backup_runs_is_in_it(tmp_path, monkeypatch, settings):
    """Telemetry's copy may name a file that was not there when the other files were copied; its rows are gone from the tables."""
    data, archive = tmp_path / "central", tmp_path / "central" / "archive"
    archive.mkdir(parents=True)
    settings.ARCHIVE_FOLDER = archive
    both = [Database(alias, SQLITE, data / name, {}) for alias, name in FILE_NAMES.items()]
    for one in both:
        sqlite3.connect(one.path).close()

    @contextmanager
    def copied_while_a_month_goes(database, place, progress):
        if database.alias == TELEMETRY:
            (archive / "telemetry-2026-01-1.zip").write_bytes(b"rows")
        with copied(database, place, progress) as content:
            yield content

    monkeypatch.setattr(making, "copied", copied_while_a_month_goes)
    monkeypatch.setattr(making, "databases", lambda **_: both)
    monkeypatch.setattr(making, "sqlite_files", lambda: [one.path for one in both])
    key = X25519PrivateKey.generate().public_key()
    made = making.make_backup(making.Job(data, key, signer(), "0", 0, {}), tmp_path / "c.backup")
    assert isinstance(made, making.Made)
    members = [row.name for row in made.manifest.members]
    assert members.count("data/archive/telemetry-2026-01-1.zip") == 1
