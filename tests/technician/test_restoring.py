"""A backup is put back: nothing doubled, nothing lost, whatever ends it before its time (R-G2, C-11)."""

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

import pytest

from gateway.__main__ import main
from gateway.adapters.journal_store import JOURNAL_NAME, snapshot
from gateway.application.alarms import station
from gateway.application.outbox import outbox_batch
from gateway.contract.backup_file.reading import read_envelope
from gateway.contract.commands import Configure, Grant, Opening
from gateway.contract.facts import Answer, Balance, CommandOutcome
from gateway.contract.rules import PolicyRule
from gateway.technician import restore_steps
from tests.application.site import PRICE, YUAN, room, tie, use
from tests.technician.conftest import BASE_WH, Kept

WH_AT_LOSS, WH_AT_LAST = 5_000, 6_000
KILLED, ENDED = -9, 0


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
    assert f"There is a store in {kept.data} now: epoch {old_epoch}" in err, (
        "it must be looked at under our own lock"
    )
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


def file_signer(file: Path) -> str:
    with file.open("rb") as opened:
        return read_envelope(opened).signer


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
