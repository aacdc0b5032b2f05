"""Folding what central has long since: the books hold, nothing that is owed or asked again is lost, and what went can be proved."""

import sqlite3
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from gateway.adapters.journal_store import folding, opening
from gateway.application.alarms import station
from gateway.application.apply_command import Repeated
from gateway.application.fold_books import fold_books
from gateway.application.outbox import acknowledge, begin_epoch, drop_old_rows, marks
from gateway.application.ports import StoreDamaged
from gateway.application.records import ONLY, InboxRow, Provisional
from gateway.application.settle import settle
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack, BillGap, Grant, Resend, TakeBack
from gateway.contract.facts import CommandOutcome, EntryCause
from gateway.contract.rules import PolicyRule, PriceRule
from tests.application.site import HOUR_MS, PRICE, YUAN, Site, room, use

DAY_MS = 24 * HOUR_MS
POLICY = PolicyRule(new_account_grace_s=0, keep_acked_days=2, keep_ledger_days=5)


@pytest.fixture(autouse=True)
def _every_entry_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "FOLDED_AT_LEAST", 1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A room with ten days of hourly settlements, all at central."""
    site = Site(tmp_path / "journal.db")
    site.configure(policy=POLICY)
    site.grant("g1", 500 * YUAN)
    site.read(50_000)
    live(site, days=10)
    return site


def live(site: Site, days: int) -> None:
    for _ in range(days * 6):
        use(site, (site.meter().register_wh or 0) + 1_003, minutes=240)
        site.do(settle_due)


def acknowledged(site: Site) -> None:
    for mark in site.ask(marks):
        last = site.ask(lambda journal, mark=mark: journal.last_seq(mark.epoch))
        site.do(acknowledge, Ack(mark.epoch, last, site.wall_ms))


def fold(site: Site) -> int:
    """What the daemon does each minute."""
    site.facts()
    site.do(lambda journal, now: drop_old_rows(journal, POLICY, now))
    return site.do(lambda journal, now: fold_books(journal, POLICY, now))


def settle_now(site: Site) -> None:
    site.do(lambda journal, now: settle(journal, "a1", EntryCause.HOUR, now))


def begin_anew(journal, now):  # type: ignore[no-untyped-def]
    begin_epoch(journal, "e2")
    journal.keep(ONLY, msgspec.structs.replace(station(journal), epoch="e2", opened_epoch="e2"))


def count(site: Site, table: str) -> int:
    return site.journal._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_nothing_goes_before_central_has_it_whatever_its_age(site: Site) -> None:
    before = count(site, "ledger")
    assert fold(site) == 0
    assert count(site, "ledger") == before > 40


def test_the_books_hold_and_what_went_can_be_proved(site: Site) -> None:
    acknowledged(site)
    facts = [bytes(f) for (f,) in site.journal._connection.execute("SELECT fact FROM ledger ORDER BY number")]
    balance, rows = site.balance(), count(site, "ledger")
    assert fold(site) > 20
    left = count(site, "ledger")
    assert 20 < left < rows
    assert site.balance() == balance
    assert site.ask(lambda journal: journal.ledger_differences()) == []
    digest = b""
    for fact in facts[: rows - left]:
        digest = sha256(digest + sha256(fact).digest()).digest()
    assert site.journal._connection.execute("SELECT up_to, digest FROM fold").fetchall() == [
        (rows - left, digest)
    ]
    assert fold(site) == 0
    booted = site.reopen()
    assert booted.quarantined == ()
    live(site, days=4)
    acknowledged(site)
    fold(site)
    assert count(site, "fold") > 1
    assert site.reopen().quarantined == ()
    total = sum(line.amount for entry in site.entries() for line in entry.lines)
    assert site.balance() == total


def test_a_changed_balance_is_still_found_and_rebuilt(site: Site) -> None:
    acknowledged(site)
    fold(site)
    right = site.balance()
    site.journal._connection.execute("UPDATE bucket SET balance = balance + 1")
    site.journal._forget_caches()
    assert site.ask(lambda journal: journal.ledger_differences()) == ["a1"]
    site.do(lambda journal, now: journal.rebuild_buckets("a1"))
    assert site.balance() == right


def test_what_is_not_folded_stays_append_only(site: Site) -> None:
    acknowledged(site)
    fold(site)
    site.journal.commit()
    for sql in (
        "DELETE FROM ledger",
        "DELETE FROM posting",
        "DELETE FROM fold",
        "UPDATE fold SET up_to = 999999",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            site.journal._connection.execute(sql)


def test_numbers_go_on_when_everything_is_folded(site: Site) -> None:
    acknowledged(site)
    site.wait(30 * DAY_MS)
    acknowledged(site)
    fold(site)
    last = site.entries()[-1].entry
    site.reopen()
    site.grant("later", YUAN)
    numbers = [int(entry.entry.rpartition(".")[2]) for entry in site.entries()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert last in {entry.entry for entry in site.entries()}


def test_an_epochs_last_row_that_is_an_entry_is_sent_again_word_for_word(site: Site) -> None:
    """It stays in the outbox because it keeps the count; its entry goes, its bytes don't."""
    epoch = site.booted.epoch
    while (
        site.journal._connection.execute("SELECT entry FROM outbox ORDER BY id DESC LIMIT 1").fetchone()[0]
        is None
    ):
        use(site, (site.meter().register_wh or 0) + 1_000, minutes=61)
        settle_now(site)
    last = site.ask(lambda journal: journal.last_seq(epoch))
    said = site.ask(lambda journal: bytes(journal.outbox(epoch, last - 1, 10**9)[0].fact))
    site.do(begin_anew)
    live(site, days=10)
    acknowledged(site)
    assert fold(site) > 0
    assert site.ask(lambda journal: journal.last_seq(epoch)) == last
    assert site.ask(lambda journal: bytes(journal.outbox(epoch, last - 1, 10**9)[0].fact)) == said


def test_a_take_back_that_comes_again_after_its_entry_went_is_answered_with_what_it_took(site: Site) -> None:
    taken = site.command(TakeBack("t1", "a1", "paid", 3 * YUAN)).result.taken
    live(site, days=10)
    acknowledged(site)
    fold(site)
    again = site.command(TakeBack("t1", "a1", "paid", 3 * YUAN)).result
    assert (again.outcome, again.taken) == (CommandOutcome.EXISTS, taken)
    assert taken[0].amount == -3 * YUAN


def test_a_grant_stays_known_for_ever(site: Site) -> None:
    live(site, days=10)
    acknowledged(site)
    fold(site)
    before = site.balance()
    assert site.command(Grant("g1", "a1", "paid", "yuan", 500 * YUAN)).result.outcome is CommandOutcome.EXISTS
    assert site.balance() == before


def test_an_old_commands_body_shrinks_to_its_digest_and_a_repetition_is_known(site: Site) -> None:
    site.configure(policy=POLICY)
    site.command(Resend(site.booted.epoch, 10**6))
    old = site.sealed(Grant("g1", "a1", "paid", "yuan", 500 * YUAN), 2)
    acknowledged(site)
    fold(site)
    rows = [site.ask(lambda journal, n=n: journal.record(InboxRow, str(n))) for n in (1, 2, 3)]
    assert [row.body == b"" for row in rows] == [True, len(bytes(old.body)) > 100, False]
    assert isinstance(site.deliver(old), Repeated)
    other = site.sealed(Grant("g1", "a1", "paid", "yuan", 501 * YUAN), 2)
    assert site.deliver(other).reason == "exists-with-different"
    live(site, days=3)
    fold(site)
    last = site.ask(lambda journal: journal.record(InboxRow, "3"))
    assert last.body, "the configuration in force keeps its bytes"


def test_what_is_still_to_be_trued_up_is_not_folded(site: Site) -> None:
    site.trusted = False
    use(site, (site.meter().register_wh or 0) + 1_000, minutes=61)
    settle_now(site)
    pending = [entry for entry in site.entries() if entry.provisional]
    assert pending
    site.trusted = True
    site.wait(10 * DAY_MS)
    acknowledged(site)
    fold(site)
    assert site.ask(lambda journal: journal.entry(pending[0].entry)) is not None
    live(site, days=10)
    acknowledged(site)
    fold(site)
    fold(site)
    assert site.ask(lambda journal: journal.entry(pending[0].entry)) is None
    assert site.ask(lambda journal: journal.records(Provisional)) == {}


def test_what_can_never_be_trued_up_any_more_keeps_nothing_from_being_folded(site: Site) -> None:
    site.trusted = False
    use(site, (site.meter().register_wh or 0) + 1_000, minutes=61)
    settle_now(site)
    (pending,) = [entry for entry in site.entries() if entry.provisional]
    site.configure(room("a9"), policy=POLICY)
    site.trusted = True
    site.do(settle_due)
    site.grant("then", YUAN, "a9")
    site.wait(10 * DAY_MS)
    site.grant("later", YUAN, "a9")
    acknowledged(site)
    assert fold(site) > 0
    assert site.ask(lambda journal: journal.entry(pending.entry)) is None


def test_a_command_on_an_untrusted_clock_keeps_no_later_body_from_shrinking(site: Site) -> None:
    site.trusted = False
    for n in range(3):
        site.grant(f"{n}" * 60, YUAN)
    site.trusted = True
    site.configure(policy=POLICY)
    site.grant("x" * 60, YUAN)
    site.wait(3 * DAY_MS)
    site.configure(policy=POLICY)
    fold(site)
    rows = [
        site.ask(lambda journal, n=n: journal.record(InboxRow, str(n))) for n in range(3, site.number + 1)
    ]
    assert [row.body == b"" for row in rows] == [True, True, True, True, True, False]


def test_a_command_on_an_untrusted_clock_waits_for_an_old_one_behind_it(site: Site) -> None:
    site.wait(3 * DAY_MS)
    site.trusted = False
    site.grant("u" * 60, YUAN)
    site.trusted = True
    fold(site)
    assert site.ask(lambda journal: journal.record(InboxRow, str(site.number))).body


def test_a_late_price_corrects_what_is_here_and_says_what_is_not(site: Site) -> None:
    acknowledged(site)
    fold(site)
    here = site.ask(lambda journal: journal.consumption_since(0))
    site.configure(policy=POLICY, prices=[PRICE, PriceRule("p2", "student", 1, 658_300)])
    adjusted = site.entries("adjustment")
    assert -1000 * adjusted[0].lines[0].amount == sum(e.energy_wh for e in here) * 100_000
    alarms = [fact for fact in site.facts() if getattr(fact, "what", "") == "price-too-old"]
    assert "folded away" in alarms[0].detail


def test_a_gap_that_is_dated_long_ago_lets_nothing_recent_be_folded(site: Site) -> None:
    live(site, days=4)
    ago_ms = site.wall_ms - 12 * DAY_MS
    site.command(BillGap("gap1", "a1", 5_000, ago_ms, ago_ms + DAY_MS, site.wall_ms))
    site.grant("later", YUAN)
    acknowledged(site)
    assert fold(site) > 0
    left = site.ask(lambda journal: journal.consumption_since(0))
    kept_ms = site.wall_ms - POLICY.keep_ledger_days * DAY_MS
    assert [e.at.wall_ms for e in left if not e.source] == [
        e.at.wall_ms for e in site.entries("consumption") if e.at.wall_ms >= kept_ms and not e.source
    ]
    assert site.ask(lambda journal: journal.folded_until_ms()) < kept_ms


def test_what_a_clock_dated_that_ran_ahead_keeps_nothing_from_being_folded(site: Site) -> None:
    site.wall_ms += 4_000 * DAY_MS
    site.grant("ahead", YUAN)
    site.wall_ms -= 4_000 * DAY_MS
    ahead = site.entries()[-1].entry
    live(site, days=8)
    acknowledged(site)
    fold(site)
    assert site.ask(lambda journal: journal.entry(ahead)) is None
    assert site.ask(lambda journal: journal.folded_until_ms()) < site.wall_ms


def test_nothing_is_folded_on_an_untrusted_clock(site: Site) -> None:
    acknowledged(site)
    site.trusted = False
    assert fold(site) == 0


def test_a_folded_store_is_refused_by_the_release_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    acknowledged(site)
    fold(site)
    site.journal.close()
    monkeypatch.setattr(opening, "FOLDED_VERSION", 1)
    with pytest.raises(StoreDamaged, match="another version"):
        site.open_journal()
    monkeypatch.undo()
    site.open_journal()
