"""Backup of a whole gateway over a real store: one file, one paper, damage and strangers named (R-G2)."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.adapters.backup_file.unpacking import unpack
from gateway.adapters.journal_store import JOURNAL_NAME, snapshot
from gateway.adapters.journal_store.opening import lock_file
from gateway.adapters.key_file import load_or_create_key
from gateway.contract.backup_file.layout import MANIFEST, FileKey, Manifest, ManifestRow
from gateway.contract.backup_file.reading import Damaged, key_for, read_envelope, read_manifest
from gateway.contract.backup_file.writing import BackupWriter
from gateway.contract.envelope import KeySigner
from gateway.contract.recovery_key import private_key_of, seed_of
from gateway.technician import backup_steps, recovery_paper
from tests.technician.conftest import BASE_WH, PASSWORD, WH_AT_BACKUP, Kept


def test_a_backup_is_taken_beside_a_daemon_and_tells_nothing_without_the_paper(
    kept: Kept, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    lock = lock_file(kept.data / JOURNAL_NAME)  # as a daemon has it
    kept.read(BASE_WH + WH_AT_BACKUP + 10)
    kept.ask(lambda journal: journal.must_commit())
    assert run("backup", "--to", str(stick))[0] == 1, "no key yet, and nobody to show one to"
    shown: list[str] = []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _asked: shown.append(_asked) or "WRONG WRONG")
    assert run("backup", "--new-key")[0] == 1
    assert len(shown) == recovery_paper.TRIES
    assert not (kept.data / "backup.pub").exists()
    assert run("backup", "--new-key", "--key-to", str(tmp_path / "paper"))[0] == 0
    secret = (tmp_path / "paper").read_text()
    group = secret.split("-")[2].encode()
    left_over = kept.data / ".backup-of-a-power-cut"
    left_over.mkdir()
    (left_over / JOURNAL_NAME).write_bytes(b"a plain copy")
    code, out, _ = run("backup", "--to", str(stick), "--keep", "2")
    assert code == 0, out
    assert not list(kept.data.glob(".backup-*"))
    (made,) = stick.iterdir()
    everything = b"".join(path.read_bytes() for path in [made, *kept.data.iterdir()] if path.is_file())
    for planted in (PASSWORD.encode(), b"202000000101", (kept.data / "gateway.key").read_bytes().strip()):
        assert planted not in made.read_bytes()
    assert group not in everything, "the paper's key is nowhere but on the paper"
    for _ in range(2):
        kept.wait(1)
        monkeypatch.setattr(
            "gateway.technician.backup._target", lambda *_: stick / f"{os.urandom(4).hex()}.backup"
        )
        assert run("backup", "--to", str(stick), "--keep", "2")[0] == 0
    assert len(list(stick.glob("*.backup"))) == 2
    assert (
        run(
            "restore",
            str(made if made.exists() else next(stick.iterdir())),
            "--key-file",
            str(tmp_path / "paper"),
        )[0]
        == 1
    ), "a daemon runs"
    lock.close()


def test_what_is_wrong_with_a_file_or_a_key_is_named(
    kept: Kept, backed: tuple[Path, Path], run: Any, tmp_path: Path
) -> None:
    file, paper = backed
    code, out, _ = run("restore", "--rehearse", "--latest", str(tmp_path), "--json")
    found = {one["check"]: one["code"] for one in json.loads(out)["findings"]}
    assert code == 0
    assert found == {
        "file": "a-backup",
        "whole": "whole",
        "signature": "own",
        "key": "paper",
        "age": found["age"],
        "content": "no-key",
    }
    code, out, err = run("restore", "--rehearse", str(file), "--key-file", str(paper), "--json")
    found = {one["check"]: one["code"] for one in json.loads(out)["findings"]}
    assert (code, found["store"], found["books"], found["epoch"]) == (0, "opens", "add-up", "begins"), err
    text = paper.read_text()
    letters = next(line.strip() for line in text.splitlines() if "-" in line and len(line.split("-")) == 8)
    slip = ("1" if letters[8] != "1" else "2").join((letters[:8], letters[9:]))
    (tmp_path / "slip").write_text(slip)
    code, _, err = run("restore", str(file), "--key-file", str(tmp_path / "slip"))
    assert (code, "group 2" in err) == (1, True), err
    other = tmp_path / "other"
    assert run("backup", "--new-key", "--key-to", str(other))[0] == 0
    code, _, err = run("restore", str(file), "--key-file", str(other))
    assert code == 1
    assert "not this backup's" in err
    whole = file.read_bytes()
    for at, part in ((5, ""), (60, ""), (len(whole) // 2, "data/"), (len(whole) - 40, "")):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        code, _, err = run("restore", str(file), "--key-file", str(paper))
        assert code == 1
        assert str(file) in err
        assert part in err
        assert "Nothing was put back" in err
        assert run("restore", "--rehearse", str(file))[0] == 1
    file.write_bytes(whole[: len(whole) - 500])
    assert "cut short" in run("restore", str(file), "--key-file", str(paper))[2]
    file.write_bytes(whole)
    assert run("restore", str(file), "--key-file", str(paper), typed="no\n")[0] == 1
    kept.close_journal()


def forged(
    target: Path, paper: Path, rows: list[ManifestRow], contents: dict[str, bytes], mine: KeySigner
) -> None:
    """What anybody can make who has seen one backup: its head names the key that it is written for."""
    seed = next(one for line in paper.read_text().splitlines() if isinstance(one := seed_of(line), bytes))
    with target.open("w+b") as file:
        writer = BackupWriter(
            file, "g1", 1, "1", private_key_of(seed).public_key(), X25519PrivateKey.generate()
        )
        manifest = Manifest(1, "g1", 1, True, "1", "/d", "/c", rows, {})
        writer.add(MANIFEST, io.BytesIO(msgspec.json.encode(manifest)))
        for name, content in contents.items():
            writer.add(name, io.BytesIO(content))
        writer.finish(mine)


def test_a_strangers_backup_fills_no_disk_leads_nowhere_and_is_told_from_ours(
    kept: Kept, backed: tuple[Path, Path], run: Any, tmp_path: Path
) -> None:
    file, paper = backed
    kept.close_journal()
    mine = load_or_create_key(tmp_path / "stranger.key")
    assert isinstance(mine, KeySigner)
    seed = next(one for line in paper.read_text().splitlines() if isinstance(one := seed_of(line), bytes))
    for row, content in (
        (ManifestRow("data/x", 10, "00", "/d/x", 0o600), bytes(30_000_000)),
        (ManifestRow("data/../../x", 1, "00", "/d/x", 0o600), b"x"),
        (ManifestRow("/x", 1, "00", "/d/x", 0o600), b"x"),
    ):
        forged(file, paper, [row], {row.name: content}, mine)
        taken: list[int] = []
        with file.open("rb") as opened:
            envelope = read_envelope(opened)
            key = key_for(envelope, private_key_of(seed))
            manifest = read_manifest(opened, envelope, key)
            with pytest.raises(Damaged):
                unpack(opened, envelope, key, manifest, tmp_path / "unpacked", taken.append)
        assert sum(taken) <= 2_000_000
        code, _, err = run("restore", str(file), "--key-file", str(paper))
        assert (code, "Nothing was put back" in err) == (1, True), err
    whole = file.read_bytes()
    at = whole.index(b'"recipient":"') + 13
    file.write_bytes(whole[:at] + b"z" + whole[at + 1 :])
    assert run("restore", str(file), "--key-file", str(paper))[0] == 1
    assert run("restore", "--rehearse", str(file))[0] == 1


def test_no_room_is_said_with_what_is_missing(
    kept: Kept, backed: tuple[Path, Path], run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup", str(backed[0]))[0] == 1, "never over a file"
    monkeypatch.setattr(backup_steps, "free_bytes", lambda _folder: 1_000_000)
    code, _, err = run("backup", str(tmp_path / "full.backup"))
    assert (code, "1.0" in err, str(kept.data) in err) == (1, True, True)
    monkeypatch.undo()
    kept.close_journal()
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no links on FAT")))
    assert run("backup", str(tmp_path / "stick.backup"))[0] == 0
    assert run("backup", str(tmp_path / "stick.backup"))[0] == 1
    sealed = FileKey.seal
    monkeypatch.setattr(FileKey, "seal", lambda *given, **named: sealed(*given, **named)[:-1] + b"x")
    code, _, err = run("backup", str(tmp_path / "failing.backup"))
    assert (code, "failing" in err) == (1, True)
    assert [path.name for path in tmp_path.glob("*failing*")] == [], "what can't be read back gets no name"
    monkeypatch.undo()
    assert snapshot.inspect_store(kept.data / JOURNAL_NAME).differing == ()


@pytest.mark.parametrize("words", [
    ["backup"], ["backup", "--keep", "2"], ["backup", "x", "--to", "y"], ["backup", "--key-to", "x"],
    ["backup", "--to", "x", "--keep", "0"],
    ["restore"], ["restore", "x", "--latest", "y"], ["restore", "x", "--ask-key"], ["restore", "--latest", "y"],
    ["ledger", "a1", "--since", "tomorrow"], ["ledger", "nobody"], ["explain", "nobody"], ["explain", "a1", "--at", "noon"],
    ["outbox", "--limit", "-1"], ["ledger", "a1", "--limit", "x"], ["logs", "--since", "soon"],
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_answered_by_one_sentence(
    kept: Kept, run: Any, words: list[str]
) -> None:
    kept.close_journal()
    code, out, err = run(*words)
    assert (code, out) == (2, ""), err
    assert err
