"""A gateway goes on with the journal that an earlier release wrote: the same balances, each credit once, nothing to be changed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.application.settle_due import settle_due
from tests.application import site as sites
from tests.application.site import HOUR_MS, YUAN, Site
from tests.upgrade.keep_release import KEPT, releases

RELEASES = [release for release in releases() if (KEPT / release / "journal.sql").exists()]


@pytest.fixture(params=RELEASES)
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((KEPT / request.param / "journal.sql").read_text(encoding="utf-8"))
    monkeypatch.setattr(sites, "START_MS", sites.START_MS + 6 * HOUR_MS)
    monkeypatch.setattr(Site, "boots_before", 1)
    return path


def written(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_an_earlier_releases_journal_goes_on(kept: Path) -> None:
    [(balance,)] = written(kept, "SELECT sum(balance) FROM bucket WHERE name = 'paid'")
    entries = written(kept, "SELECT number, account, kind, at_ms, trusted, fact FROM ledger ORDER BY number")
    assert 0 < balance < 10 * YUAN
    assert len(entries) > 1
    site = Site(kept)
    assert (site.booted.last_command, site.booted.config_version, site.booted.quarantined) == (2, 1, ())
    assert site.balance() == balance
    assert site.meter().register_wh == 3_000
    assert site.state() is not None
    assert site.relay() is not None
    site.number = site.booted.last_command
    site.grant("g1", 10 * YUAN)
    assert site.balance() == balance, "credited once, whatever release took it first"
    site.grant("g2", YUAN)
    site.read(4_000)
    site.wait(HOUR_MS)
    site.read(5_000)
    site.do(settle_due)
    assert balance + YUAN - 2 * 558_300 == site.balance()
    site.journal.commit()
    after = written(kept, "SELECT number, account, kind, at_ms, trusted, fact FROM ledger ORDER BY number")
    assert after[: len(entries)] == entries
    site.close_journal()
    with closing(sqlite3.connect(kept)) as other, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute("DELETE FROM ledger")


def test_an_earlier_releases_journal_gets_what_came_later(kept: Path, tmp_path: Path) -> None:
    Site(kept).close_journal()
    Site(tmp_path / "new.db").close_journal()
    shape = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    assert written(kept, shape) == written(tmp_path / "new.db", shape)
