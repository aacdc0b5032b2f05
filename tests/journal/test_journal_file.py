"""The journal's file: append-only, refused clearly when it is damaged, foreign or taken; whole after any use case that failed."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.adapters.journal_store import JournalStore, SqliteJournal
from gateway.application.boot import WrongGateway, boot
from gateway.application.ports import StoreDamaged, StoreInUse
from gateway.application.records import KnownGrant
from gateway.contract.facts import Instant, Readings
from gateway.contract.rules import AccountRule
from tests.application.site import YUAN, Site, room


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "journal.db")
    site.configure()
    site.grant("g1", 10 * YUAN)
    site.read(0)
    site.wait(3_700_000)
    site.read(1_000)
    return site


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET account = 'other'",
        "DELETE FROM ledger",
        "UPDATE posting SET amount = 0",
        "DELETE FROM posting",
        "UPDATE outbox SET fact = x'00'",
    ],
)
def test_what_was_written_is_never_changed(site: Site, statement: str) -> None:
    site.journal.commit()
    with (
        sqlite3.connect(site.path) as other,
        pytest.raises(sqlite3.IntegrityError, match=r"append-only|never changes"),
    ):
        other.execute(statement)


def test_it_survives_a_restart_with_everything(site: Site) -> None:
    before = (site.facts(), site.balance(), site.state(), site.meter(), site.relay())
    booted = site.reopen()
    assert (site.facts(), site.balance(), site.state(), site.meter(), site.relay()) == before
    assert (booted.last_command, booted.config_version) == (2, 1)
    assert booted.quarantined == ()


def test_a_use_case_that_raises_is_undone_alone(site: Site) -> None:
    site.look(1_010)
    facts, balance = site.facts(), site.balance()
    site.look(1_020)

    def fails(journal: SqliteJournal, now: Instant) -> None:
        journal.keep("half-done", KnownGrant(b"x"))
        journal.append_fact(facts[0])
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        site.do(fails)
    assert site.ask(lambda journal: journal.record(KnownGrant, "half-done")) is None
    assert (site.meter().register_wh, site.balance()) == (1_020, balance)
    assert len(site.facts()) == len(facts) + 1
    assert [row.register_wh for row in site.facts(Readings)[-1].rows] == [1_020]


def test_what_is_made_of_records_follows_each_change_and_each_undoing(site: Site) -> None:
    calls = []

    def names(rules: Mapping[str, AccountRule]) -> list[str]:
        calls.append(len(rules))
        return sorted(rules)

    def made() -> list[str]:
        return site.ask(lambda journal: journal.made_of(AccountRule, names))

    def keeps(journal: SqliteJournal, now: Instant) -> None:
        journal.keep("a2", room("a2"))

    def fails(journal: SqliteJournal, now: Instant) -> None:
        journal.forget(AccountRule, "a2")
        assert journal.made_of(AccountRule, names) == ["a1"]
        raise RuntimeError("planted")

    assert made() == made() == ["a1"]
    site.read(1_010)
    assert (made(), calls) == (["a1"], [1]), "made once while no rule changes"
    site.do(keeps)
    assert made() == ["a1", "a2"]
    with pytest.raises(RuntimeError, match="planted"):
        site.do(fails)
    assert made() == ["a1", "a2"]
    site.do(lambda journal, now: journal.forget(AccountRule, "a2"))
    assert made() == ["a1"]


def test_a_file_that_is_no_database_is_named_damaged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all" * 1_000)
    with pytest.raises(StoreDamaged, match=r"journal\.db is damaged .* keep a copy"):
        SqliteJournal(path)


def test_a_page_that_was_overwritten_is_named_damaged(site: Site) -> None:
    site.journal.close()
    path = Path(site.path)
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match="damaged"):
        SqliteJournal(path)


def test_a_file_whose_damage_is_no_text_is_named_damaged(site: Site) -> None:
    """SQLite quotes what it stumbled over; Python can't decode that."""
    site.journal.close()
    path = Path(site.path)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE ledger", b"CREATE TABLE\x81\x81edger"))
    with pytest.raises(StoreDamaged, match="damaged"):
        SqliteJournal(path)


def test_a_cut_off_file_is_named_damaged(site: Site) -> None:
    site.journal.close()
    path = Path(site.path)
    path.write_bytes(path.read_bytes()[: 4096 * 3 + 100])
    with pytest.raises(StoreDamaged, match="damaged"):
        SqliteJournal(path)


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreDamaged, match="not a cardroom journal"):
        SqliteJournal(path)


def test_a_file_of_another_version_is_refused(site: Site) -> None:
    site.journal.close()
    with sqlite3.connect(site.path) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreDamaged, match="schema 99"):
        SqliteJournal(site.path)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match="can't be opened"):
        SqliteJournal(tmp_path / "missing" / "journal.db")


def test_another_gateways_store_is_refused(site: Site) -> None:
    with pytest.raises(WrongGateway, match="belongs to gateway g1"):
        site.do(boot, "g2")


async def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path):
        with pytest.raises(StoreInUse, match="running already"):
            await JournalStore(path).open()
    async with JournalStore(path):
        pass


def test_a_power_cut_while_it_was_created_leaves_a_file_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"")
    SqliteJournal(path).close()
    SqliteJournal(path).close()
