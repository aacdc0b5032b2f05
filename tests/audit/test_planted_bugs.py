"""One bug of each kind, planted with plain SQL into copies of databases that a real run left behind: the auditor names it.

What the triggers forbid is done all the same, as a bug inside the programs could: the auditor must not rely on them.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_tools.auditor.command import run
from firmware_tools.auditor.findings import Figure
from tests.small_campus import SmallRun, small_run

pytestmark = [pytest.mark.xdist_group("small-campus"), pytest.mark.timeout(400)]

CENTRAL, TELEMETRY, JOURNAL, TRUTH = "central.db", "telemetry.db", "journal.db", "truth.db"


@pytest.fixture(scope="module")
def real_run() -> SmallRun:
    return small_run()


@dataclass
class Copies:
    """Copies of the four databases, to be spoilt."""

    folder: Path

    def change(self, name: str, *statements: str) -> None:
        """Run SQL on a copy whose triggers are gone; every statement must change something."""
        with closing(sqlite3.connect(self.folder / name, isolation_level=None)) as database:
            for (trigger,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                database.execute(f'DROP TRIGGER "{trigger}"')
            for statement in statements:
                assert database.execute(statement).rowcount > 0, statement

    def change_entry(self, where: str, change: Callable[[dict], None]) -> None:
        """Change one ledger entry at the gateway and the row that central keeps of it alike."""
        with closing(sqlite3.connect(self.folder / JOURNAL, isolation_level=None)) as database:
            database.execute("DROP TRIGGER ledger_is_never_updated")
            found = database.execute(
                f"SELECT number, fact FROM ledger WHERE {where} ORDER BY number DESC"
            ).fetchone()
            fact = json.loads(found[1])
            change(fact)
            database.execute(
                "UPDATE ledger SET fact = ? WHERE number = ?", (json.dumps(fact).encode(), found[0])
            )

    def audit(self) -> int:
        files = {name: str(self.folder / name) for name in (CENTRAL, TELEMETRY, JOURNAL, TRUTH)}
        return run(
            [
                "--central",
                files[CENTRAL],
                "--telemetry",
                files[TELEMETRY],
                "--gateway",
                files[JOURNAL],
                "--truth",
                files[TRUTH],
            ]
        )


@pytest.fixture
def copies(real_run, tmp_path) -> Copies:
    for path in (
        real_run.folder.central_db,
        real_run.folder.telemetry_db,
        real_run.journal,
        real_run.folder.truth,
    ):
        for part in path.parent.glob(f"{path.name}*"):
            shutil.copy(part, tmp_path / part.name)
    return Copies(tmp_path)


def red(capsys) -> set[Figure]:
    """The figures that the printed table calls red."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.endswith("RED")]
    return {figure for figure in Figure for line in lines if line.startswith(figure)}


def test_a_clean_copy_is_green(copies, capsys):
    assert copies.audit() == 0
    out = capsys.readouterr().out
    assert "4 payments of 42.00 yuan" in out
    assert f"audit: {len(Figure)}/{len(Figure)} goals met" in out


SOLD_GRANT = "kind = 'grant' AND account = '1-101.1'"
SOLD_USE = "kind = 'consumption' AND account = '1-101.1'"
PLANTS = {
    Figure.PAYMENTS_LOST: lambda c: c.change(JOURNAL, f"DELETE FROM ledger WHERE {SOLD_GRANT}"),
    Figure.PAYMENTS_DOUBLED: lambda c: c.change(
        JOURNAL,
        f"INSERT INTO ledger SELECT number + 1000, account, kind, at_ms, trusted, fact FROM ledger WHERE {SOLD_GRANT}",
    ),
    Figure.PAYMENTS_ALTERED: lambda c: c.change(
        CENTRAL, "UPDATE link_grant SET amount = amount + 10000 WHERE unit = 'yuan'"
    ),
    Figure.CREDIT_UNFOUNDED: lambda c: c.change_entry(SOLD_GRANT, lambda fact: fact.update(source="a-gift")),
    Figure.RECEIPTS_APART: lambda c: c.change(CENTRAL, "DELETE FROM desk_receipt WHERE number = 1"),
    Figure.BOOKS_APART: lambda c: c.change(
        CENTRAL, "UPDATE ledger_transfer SET amount = amount + 1 WHERE kind = 'payment'"
    ),
    Figure.ENERGY_TWICE: lambda c: c.change_entry(
        SOLD_USE,
        lambda fact: fact.update(
            register_from_wh=fact["register_from_wh"] - 10, energy_wh=fact["energy_wh"] + 10
        ),
    ),
    Figure.ENERGY_UNBILLED: lambda c: c.change_entry(
        SOLD_USE,
        lambda fact: fact.update(
            register_from_wh=fact["register_from_wh"] + 10, energy_wh=fact["energy_wh"] - 10
        ),
    ),
    Figure.REGISTERS_APART: lambda c: c.change_entry(
        SOLD_USE, lambda fact: fact.update(energy_wh=fact["energy_wh"] + 1)
    ),
    Figure.ENERGY_UNTRUE: lambda c: c.change(
        TRUTH, "UPDATE samples SET energy_wh = energy_wh + 50 WHERE meter = 'M101'"
    ),
    Figure.PRICES_WRONG: lambda c: c.change(
        CENTRAL, "UPDATE campus_price SET micro_yuan_per_kwh = micro_yuan_per_kwh + 100"
    ),
    Figure.PAYERS_WRONG: lambda c: c.change_entry(SOLD_USE, lambda fact: fact.update(used_by="1-102.1")),
    Figure.BALANCES_BROKEN: lambda c: c.change(
        JOURNAL, "UPDATE bucket SET balance = balance + 1 WHERE account = '1-102.1'"
    ),
    Figure.ROWS_LOST: lambda c: c.change(TELEMETRY, "DELETE FROM telemetry_receivedrow WHERE seq = 3"),
    Figure.ROWS_ALTERED: lambda c: c.change(
        CENTRAL, "UPDATE link_gatewayentry SET energy_wh = energy_wh + 1 WHERE meter = 'M101'"
    ),
    Figure.ROWS_DOUBLED: lambda c: c.change(
        TELEMETRY,
        "INSERT INTO telemetry_reading (meter, wall_ms, register_wh, power_w, current_ma, relay_closed, outcome, trusted) "
        "SELECT meter, wall_ms, register_wh, power_w, current_ma, relay_closed, outcome, trusted FROM telemetry_reading LIMIT 1",
    ),
    Figure.ACCOUNTS_APART: lambda c: c.change(
        CENTRAL, "DELETE FROM link_gatewayentry WHERE kind = 'grant' AND account = '1-102.1'"
    ),
    Figure.COMMANDS_BROKEN: lambda c: c.change(JOURNAL, "DELETE FROM inbox WHERE key = '1'"),
}


def test_every_figure_has_its_bug():
    assert set(PLANTS) == set(Figure)


@pytest.mark.parametrize("figure", list(Figure))
def test_a_planted_bug_turns_its_figure_red(figure, copies, capsys):
    PLANTS[figure](copies)
    assert copies.audit() == 1
    assert figure in red(capsys)


def test_a_missing_database_is_named_with_what_to_do(copies, capsys):
    (copies.folder / TRUTH).unlink()
    assert copies.audit() == 2
    assert "truth.db: there is no such file" in capsys.readouterr().err
