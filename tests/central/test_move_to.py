"""`cardroom-central move-to`: a central in SQLite files, kept by an earlier release and upgraded, goes to PostgreSQL whole."""

import os
import sqlite3
from contextlib import closing

import pytest

from tests.central.own_central import URLS
from tests.central.test_kept_releases import CHANGED_BY_UPGRADES, Databases
from tests.upgrade.keep_release import releases


@pytest.fixture
def in_files(own_central, tmp_path):
    """A central in SQLite, while the server is PostgreSQL."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("asks for PostgreSQL")
    files = type(own_central)(tmp_path / "files", in_files=True)
    assert Databases(files).load(releases()[-1])
    assert files.run("init", "--password-stdin", stdin="a-good-long-password\n").returncode == 0
    return files


@pytest.mark.timeout(900)
def test_everything_arrives_is_compared_and_goes_on(in_files, own_central):
    urls = [own_central.environment[name] for name in URLS]
    before = Databases(in_files).rows()
    with (in_files.folder / "central.db").open("rb"):
        alive = in_files.run("move-to", urls[0], "--telemetry-url", urls[1])
    assert (alive.returncode, "Stop it first" in alive.stderr) == (2, True), alive.stderr
    with closing(sqlite3.connect(in_files.folder / "central.db")) as file:
        file.execute("UPDATE ledger_ledgeraccount SET debits = debits + 1")
        file.commit()
    failed = in_files.run("move-to", urls[0], "--telemetry-url", urls[1])
    assert (failed.returncode, "Nothing was changed" in failed.stderr) == (1, True), failed.stderr
    with closing(sqlite3.connect(in_files.folder / "central.db")) as file:
        file.execute("UPDATE ledger_ledgeraccount SET debits = debits - 1")
        file.commit()
    done = in_files.run("move-to", "-", "--telemetry-url", urls[1], stdin=f"{urls[0]}\n")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in in_files.folder.glob("*.db*")) == [
        "central.db.moved",
        "telemetry.db.moved",
    ]
    after = Databases(own_central).rows()
    own = {"ledger_auditentry", "ledger_chainhead", *CHANGED_BY_UPGRADES}
    assert {key: rows for key, rows in before.items() if key[1] not in own} == {
        key: rows for key, rows in after.items() if key[1] not in own
    }
    moved = type(own_central)(in_files.folder, suffix=own_central.suffix)
    proved = moved.run("verify")
    assert proved.returncode == 0, proved.stdout
    again = moved.run("move-to", urls[0])
    assert (again.returncode, "DATABASE_URL is set already" in again.stderr) == (2, True)
