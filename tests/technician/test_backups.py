"""Backup and restore of a whole gateway over a real store: one file, one paper, nothing doubled, damage named (R-G2, C-11)."""

import io
import json
import os
import shutil
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.__main__ import main
from gateway.adapters.backup_file.layout import MANIFEST, FileKey, Manifest, ManifestRow
from gateway.adapters.backup_file.reader import Damaged, key_for, read_envelope, read_manifest, unpack
from gateway.adapters.backup_file.writer import BackupWriter
from gateway.adapters.journal_store import JOURNAL_NAME, snapshot
from gateway.adapters.journal_store.opening import lock_file
from gateway.adapters.key_file import load_or_create_key
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.alarms import station
from gateway.application.outbox import acknowledge, outbox_batch
from gateway.application.settle import settle
from gateway.contract.commands import Ack, Configure, Grant, Opening
from gateway.contract.envelope import KeySigner
from gateway.contract.facts import Answer, Balance, CommandOutcome, EntryCause
from gateway.contract.recovery_key import private_key_of, seed_of
from gateway.contract.rules import PolicyRule
from gateway.technician import backup_steps, recovery_paper, restore_steps
from tests.application.site import PRICE, YUAN, Site, room, tie, use
from tests.config.test_load import good

PASSWORD = "broker password of the building"
WH_AT_BACKUP, WH_AT_LOSS, WH_AT_LAST = 2_000, 5_000, 6_000
BASE_WH = 100_000


class Kept(Site):
    """A site whose data folder is a whole gateway's."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "var" / "cardroom"
        self.data.mkdir(parents=True)
        (folder / "etc").mkdir()
        self.config = folder / "etc" / "gateway.toml"
        secret = folder / "etc" / "password"
        secret.write_text(PASSWORD)
        text = good(self.data).replace('"b1"', '"g1"')
        self.config.write_text(
            text.replace("[clock]", f'username = "g1"\npassword_file = "{secret}"\n[clock]')
        )
        load_or_create_key(self.data / "gateway.key")
        registry = RegistryStore(self.data, read_models())
        registry.add_line(LineRow("a", "/dev/ttyUSB0", 2400, "E"))
        registry.add_meters([MeterRow("m1", "a", "202000000101", "generic-dlt645-2007")])
        (self.data / "control.sock.lock").write_text("")
        super().__init__(self.data / JOURNAL_NAME)

    def central_takes_all(self) -> None:
        """Central stores and acknowledges every row there is."""
        self.journal.commit()
        while (batch := self.ask(outbox_batch)) is not None:
            self.do(
                lambda journal, now, batch=batch: acknowledge(
                    journal, Ack(batch.epoch, batch.rows[-1].seq, self.wall_ms), now
                )
            )

    def settle_hour(self) -> None:
        self.do(lambda journal, now: settle(journal, "a1", EntryCause.HOUR, now))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    site = Kept(tmp_path)
    site.configure()
    site.grant("p1", 10 * YUAN)
    site.read(BASE_WH)
    use(site, BASE_WH + WH_AT_BACKUP)
    site.central_takes_all()
    return site


@pytest.fixture
def run(kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cardroom-gateway", *words, "--config", str(kept.config)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = main()
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


@pytest.fixture
def backed(kept: Kept, run: Any, tmp_path: Path) -> tuple[Path, Path]:
    """A backup and the file with its paper."""
    os.chmod(kept.data / "registry.json", 0o640)
    kept.close_journal()
    paper, file = tmp_path / "paper.txt", tmp_path / "b.backup"
    code, out, err = run("backup", str(file), "--new-key", "--key-to", str(paper), "--json")
    assert (code, json.loads(out)["accounts"]) == (0, 1), err
    kept.open_journal()
    return file, paper


@pytest.mark.parametrize("is_mount_point", [False, True])
def test_c_11_a_restored_store_begins_a_new_epoch_and_doubles_nothing(
    kept: Kept, backed: tuple[Path, Path], run: Any, monkeypatch: pytest.MonkeyPatch, is_mount_point: bool
) -> None:
    """After the backup a payment and more use reach central; then the card dies. Nothing is lost, billed or credited twice."""
    file, paper = backed
    old_epoch, taken = kept.ask(station).epoch, kept.number
    late = kept.grant("p2", 20 * YUAN).result
    use(kept, BASE_WH + WH_AT_LOSS)
    kept.settle_hour()
    kept.central_takes_all()
    central_balance, central_entries = kept.balance(), kept.entries()
    kept.close_journal()
    registry, key = (kept.data / "registry.json").read_bytes(), (kept.data / "gateway.key").read_bytes()
    (kept.data / "gateway.key").unlink()
    kept.config.write_text("broken")
    if is_mount_point:  # folders can't change places then
        monkeypatch.setattr(restore_steps, "_exchange", lambda *_: False)
    code, out, err = run(
        "restore", str(file), "--key-file", str(paper), "--data", str(kept.data), "--json", typed="g1\n"
    )
    assert code == 0, err
    # No key of its own to compare with any more: the person compares, on central's page.
    assert f"signed by key {file_signer(file)[:16]}" in err
    told = json.loads(out)
    aside = Path(told["kept"])
    assert [stat.S_IMODE((kept.data / name).stat().st_mode) for name in ("registry.json", "gateway.key")] == [
        0o640,
        0o600,
    ]
    assert (aside / JOURNAL_NAME).exists()
    assert ((kept.data / "registry.json").read_bytes(), (kept.data / "gateway.key").read_bytes()) == (
        registry,
        key,
    )
    assert "password_file" in kept.config.read_text()
    assert next(kept.config.parent.glob("gateway.toml.before-restore-*")).read_text() == "broken"
    assert not list(kept.data.parent.glob(".restoring-*"))

    kept.decoded.clear()
    kept.open_journal()
    booted = kept.restart_clock()
    assert booted.epoch == told["epoch"] != old_epoch
    assert not [row for row in kept.ask(outbox_batch).rows if b'"entry"' in bytes(row.fact)], (
        "an old row would be sent again"
    )
    again = kept.sealed(Grant("p2", "a1", "paid", "yuan", 20 * YUAN), taken + 1)
    assert kept.deliver(again) == Answer(taken + 1, "not-opened", taken + 1, again.id)
    opening = Opening(
        booted.epoch,
        [Balance("a1", "paid", "yuan", central_balance)],
        {"m1": BASE_WH + WH_AT_LOSS},
        ["p1", "p2"],
    )
    opened = kept.deliver(
        kept.sealed(
            Configure(9, [room()], [tie()], [PRICE], PolicyRule(new_account_grace_s=0), opening),
            late.number + 5,
        )
    )
    assert opened.result.outcome is CommandOutcome.APPLIED
    assert kept.balance() == central_balance
    repeated = kept.deliver(kept.sealed(Grant("p2", "a1", "paid", "yuan", 20 * YUAN), late.number + 6))
    assert repeated.result.outcome is CommandOutcome.EXISTS
    use(kept, BASE_WH + WH_AT_LAST)
    kept.settle_hour()
    fresh = [entry for entry in kept.entries("consumption") if f".{booted.epoch}." in entry.entry]
    billed_wh = sum(e.energy_wh for e in central_entries) + sum(e.energy_wh for e in fresh)
    assert billed_wh == WH_AT_LAST
    assert kept.balance() == 30 * YUAN - WH_AT_LAST * PRICE.micro_yuan_per_kwh // 1000


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


def file_signer(file: Path) -> str:
    with file.open("rb") as opened:
        return read_envelope(opened).signer


def forged(
    target: Path, paper: Path, rows: list[ManifestRow], contents: dict[str, bytes], mine: KeySigner
) -> None:
    """What anybody can make who has seen one backup: its head names the key that it is written for."""
    seed = next(one for line in paper.read_text().splitlines() if isinstance(one := seed_of(line), bytes))
    with target.open("w+b") as file:
        writer = BackupWriter(file, "g1", 1, "1", private_key_of(seed).public_key())
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


def test_what_was_there_stays_when_it_cant_be_set_aside(
    kept: Kept, backed: tuple[Path, Path], run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.close_journal()
    before = {path.name: path.read_bytes() for path in kept.data.iterdir()}
    rename = os.rename

    def failing(old: Path, new: Path) -> None:
        if "before-restore" in str(new):
            raise OSError(28, "No space left on device", str(new))
        rename(old, new)

    monkeypatch.setattr(os, "rename", failing)
    code, _, err = run("restore", str(backed[0]), "--key-file", str(backed[1]), typed="g1\n")
    assert (code, "Nothing was put back" in err) == (1, True)
    assert "There is a store in" in err, "what will be kept aside is told, though the restore holds its lock"
    assert before.items() <= {path.name: path.read_bytes() for path in kept.data.iterdir()}.items()


def test_a_configuration_that_cant_be_put_back_is_found_before_anything_is_exchanged(
    kept: Kept, backed: tuple[Path, Path], run: Any
) -> None:
    kept.close_journal()
    before = {path.name: path.read_bytes() for path in kept.data.iterdir()}
    kept.config.unlink()
    kept.config.mkdir()
    code, _, err = run(
        "restore", str(backed[0]), "--key-file", str(backed[1]), "--data", str(kept.data), typed="g1\n"
    )
    assert (code, "Nothing was put back" in err) == (1, True), err
    assert before.items() <= {path.name: path.read_bytes() for path in kept.data.iterdir()}.items()
    assert not list(kept.data.parent.glob("*before-restore*"))


KILLED, ENDED = -9, 0


def restored_until(step: int, words: list[str], *, is_mount_point: bool) -> int:
    """Restore in a process of its own that is killed before its file operation `step`; give how it ended."""
    child = os.fork()
    if child == 0:  # pragma: no cover  (another process)
        done = 0

        def before(act: Any) -> Any:
            def acting(*given: Any, **named: Any) -> Any:
                nonlocal done
                if done == step:
                    os.kill(os.getpid(), 9)
                done += 1
                return act(*given, **named)

            return acting

        restore_steps._exchange = before(restore_steps._exchange if not is_mount_point else lambda *_: False)  # type: ignore[attr-defined]
        for name in ("rename", "replace"):
            setattr(os, name, before(getattr(os, name)))
        sys.argv, sys.stdin = ["cardroom-gateway", *words], io.StringIO("g1\n")
        os._exit(main())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("is_mount_point", [False, True])
def test_c_11_whoever_is_killed_while_restoring_loses_nothing_and_restores_again(
    kept: Kept, backed: tuple[Path, Path], run: Any, tmp_path: Path, is_mount_point: bool
) -> None:
    """At every rename: there is the old store, whole, or the new life; the old one is never lost; a second restore goes through."""
    kept.grant("p2", 20 * YUAN)
    kept.journal.commit()
    old_epoch = kept.ask(station).epoch
    log = kept.data / f"{JOURNAL_NAME}-wal"
    files = {path: path.read_bytes() for path in (log, kept.data / JOURNAL_NAME)}
    kept.close_journal()
    # As a Pi that lost power leaves them: the newest rows are in the log alone.
    for path, content in files.items():
        path.write_bytes(content)
    kept.config.write_text(kept.config.read_text() + "# of today\n")
    os.rename(tmp_path / "var", tmp_path / "var.as-it-was")
    words = ["restore", str(backed[0]), "--key-file", str(backed[1]), "--config", str(kept.config)]
    for step in range(100):
        shutil.rmtree(tmp_path / "var", ignore_errors=True)
        shutil.copytree(tmp_path / "var.as-it-was", tmp_path / "var")
        ended = restored_until(step, words, is_mount_point=is_mount_point)
        if ended == KILLED:
            is_whole = balance_in(kept.data / JOURNAL_NAME) > 20 * YUAN
            assert is_whole == (snapshot.inspect_store(kept.data / JOURNAL_NAME).epoch == old_epoch), step
            code, _, err = run(*words[:-2], typed="g1\n")
            assert code == 0, err
        facts = snapshot.inspect_store(kept.data / JOURNAL_NAME)
        assert (facts.accounts, facts.differing) == (1, ())
        olds = [path for path in (tmp_path / "var").rglob(JOURNAL_NAME) if path.parent != kept.data]
        assert any(balance_in(path) > 20 * YUAN for path in olds), (step, olds)
        assert balance_in(kept.data / JOURNAL_NAME) < 20 * YUAN
        if ended == ENDED:
            break
    assert step >= (4 if is_mount_point else 2)


def balance_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as store:
        (paid,) = store.execute("SELECT sum(balance) FROM bucket").fetchone()
    return int(paid)


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
