"""Backups of central (R-B6, C-11): taken while the desk sells, put back beside a real gateway's store that went on, and damaged."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.central.own_central import OwnCentral
from tests.central.test_processes import PAY, PATIENCE_S, verified

LIVE = "from tests.central.restored_life import main; main()"


def live(central: OwnCentral, phase: str, folder: Path) -> dict:
    out, errors = central.script(LIVE, phase, str(folder)).communicate(timeout=PATIENCE_S * 2)
    assert out.strip(), errors
    return json.loads(out.splitlines()[-1])


def key_of(central: OwnCentral, folder: Path) -> Path:
    """Make the recovery key of a central, into a file instead of onto paper."""
    key = folder / "paper.txt"
    done = central.run("backup", "--new-key", "--key-to", str(key))
    assert done.returncode == 0, done.stderr
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
    shown = ready.run("restored")
    assert shown.returncode == 1
    assert "21 commands of the lost central" in shown.stdout, shown.stdout
