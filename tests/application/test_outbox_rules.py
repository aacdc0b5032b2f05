"""What goes up, C-11 to C-13: order, acknowledgement, epochs, packed readings, what is committed when."""

from gateway.application.alarms import raise_alarm
from gateway.application.outbox import AckOutcome, Position, acknowledge, marks, outbox_batch
from gateway.application.settle_due import settle_due
from gateway.application.status import station_status
from gateway.contract.commands import Ack, BeginEpoch, Grant, Opening, Resend
from gateway.contract.facts import (
    Alarm,
    Answer,
    Balance,
    CommandOutcome,
    EntryCause,
    Readings,
    decode_fact,
)
from tests.application.site import HOUR_MS, YUAN, Site, use


def test_c11_rows_are_in_order_and_kept_until_acknowledged_and_after(site: Site) -> None:
    site.journal.commit()
    batch = site.ask(outbox_batch, 1)
    assert [row.seq for row in batch.rows] == [1]
    rest = site.ask(lambda journal: outbox_batch(journal, after=Position(batch.epoch, 1)))
    assert rest.rows[0].seq == 2
    last = rest.rows[-1].seq
    assert site.do(acknowledge, Ack(batch.epoch, last, 0)) is AckOutcome.TAKEN
    assert site.ask(outbox_batch) is None
    assert site.command(Resend(batch.epoch, 2)).result.outcome is CommandOutcome.APPLIED
    assert site.ask(outbox_batch).rows[0].seq == 2


def test_c11_a_gap_seen_by_central_sends_again_from_there(site: Site) -> None:
    epoch = site.booted.epoch
    site.do(acknowledge, Ack(epoch, 3, 0))
    assert site.do(acknowledge, Ack(epoch, 1, 0, expected=2)) is AckOutcome.SEND_AGAIN
    assert site.ask(outbox_batch).rows[0].seq == 2


def test_c11_acknowledged_rows_go_after_the_days_to_keep_and_not_before(site: Site) -> None:
    epoch = site.booted.epoch
    last = site.ask(lambda journal: journal.last_seq(epoch))
    site.do(acknowledge, Ack(epoch, last, 0))
    site.wait(34 * 86_400_000)
    site.do(settle_due)
    assert site.ask(lambda journal: journal.first_kept_seq(epoch)) == 1
    site.wait(2 * 86_400_000)
    site.do(settle_due)
    assert site.ask(lambda journal: journal.first_kept_seq(epoch)) == last + 1
    partly = site.command(Resend(epoch, 1)).result
    assert (partly.outcome, partly.detail) == (CommandOutcome.PARTLY, f"kept from {last + 1} on")


def test_c11_a_store_that_went_back_in_time_begins_a_new_epoch(site: Site) -> None:
    old = site.booted.epoch
    seen = site.ask(lambda journal: journal.last_seq(old)) + 40
    assert site.do(acknowledge, Ack(old, seen, 0)) is AckOutcome.AHEAD
    assert "store-behind" in site.standing()
    site.do(raise_alarm, "meter-silent", "m1", "no answer")
    order = site.sealed(BeginEpoch(old, seen), site.number + 5)
    assert site.deliver(order) == Answer(site.number + 5, "gap", site.number + 1, order.id)
    new = site.ask(station_status).epoch
    assert new != old
    assert [mark.epoch for mark in site.ask(marks)] == [old, new]
    batch = site.ask(outbox_batch)
    assert (batch.epoch, batch.rows[0].seq) == (new, 1)
    said = [decode_fact(bytes(row.fact)) for row in batch.rows]
    again = [(fact.what, fact.raised) for fact in said if isinstance(fact, Alarm)]
    assert ("meter-silent", True) in again, "central ended it with the old epoch, and it stands"
    repeated = site.deliver(site.sealed(BeginEpoch(old, seen), site.number + 1))
    assert repeated == Answer(site.number + 1, "not-opened", site.number + 1, f"c{site.number + 1}")
    assert "store-behind" not in site.standing()
    assert site.do(acknowledge, Ack(old, seen, 0)) is AckOutcome.FORMER_EPOCH
    assert "store-behind" not in site.standing(), "late or a copy: the new epoch is the answer to it"


def test_c11_a_rebuilt_store_goes_on_from_centrals_opening() -> None:
    site = Site()
    epoch = site.booted.epoch
    opening = Opening(
        epoch,
        [Balance("a1", "paid", "yuan", 7 * YUAN), Balance("a1", "subsidy", "kwh", 300)],
        {"m1": 80_000},
        ["old-grant"],
    )
    site.number = 56
    site.configure(opening=opening)
    assert (site.balance(), site.balance(bucket="subsidy")) == (7 * YUAN, 300)
    again = site.command(Grant("old-grant", "a1", "paid", "yuan", 5 * YUAN))
    assert again.result.outcome is CommandOutcome.EXISTS
    use(site, 81_000)
    site.wait(HOUR_MS)
    site.read(81_000)
    site.do(settle_due)
    assert site.billed_wh() == 1_000
    assert site.balance() == 7 * YUAN - 700 * 558_300 // 1000


def test_c11_an_opening_moves_a_restored_stores_balances_and_registers(site: Site) -> None:
    use(site, 52_000)
    site.do(settle_due)
    old = site.booted.epoch
    site.deliver(site.sealed(BeginEpoch(old, 9_999), site.number + 3))
    new = site.ask(station_status).epoch
    site.number += 3
    site.configure(opening=Opening(new, [Balance("a1", "paid", "yuan", 2 * YUAN)], {"m1": 55_000}, []))
    assert site.balance() == 2 * YUAN
    use(site, 55_500)
    site.wait(HOUR_MS)
    site.read(55_500)
    site.do(settle_due)
    consumption = [e for e in site.entries("consumption") if e.entry.startswith(f"g1.{new}")]
    assert sum(e.energy_wh for e in consumption) == 500
    assert site.balance() == 2 * YUAN - 500 * 558_300 // 1000


def test_c11_a_grant_that_the_opening_does_not_contain_credits_again(site: Site) -> None:
    """A restored card took a grant before it was told to begin anew; the opening's balance replaced it."""
    site.grant("late", 5 * YUAN)
    site.grant("contained", YUAN)
    old = site.ask(station_status).epoch
    site.deliver(site.sealed(BeginEpoch(old, 9_999), site.number + 3))
    new = site.ask(station_status).epoch
    site.number += 3
    site.configure(opening=Opening(new, [Balance("a1", "paid", "yuan", 2 * YUAN)], {}, ["contained"]))
    assert site.grant("late", 5 * YUAN).result.outcome is CommandOutcome.APPLIED
    assert site.grant("contained", YUAN).result.outcome is CommandOutcome.EXISTS
    assert site.balance() == 7 * YUAN


def test_c11_an_opening_for_another_epoch_is_not_adopted(site: Site) -> None:
    taken = site.configure(opening=Opening("elsewhere", [Balance("a1", "paid", "yuan", 0)], {}, []))
    assert "not adopted" in taken.result.detail
    assert site.balance() == 10 * YUAN


def test_c12_a_reading_is_not_an_entry_and_readings_travel_packed(site: Site) -> None:
    for n in range(1, 9):
        use(site, 50_000 + 10 * n, minutes=1)
    assert site.entries("consumption") == []
    packed = site.facts(Readings)[-1]
    assert [row.register_wh for row in packed.rows] == [50_000 + 10 * n for n in range(1, 9)]


def test_c12_the_hour_settles_and_keeps_the_raw_frame(site: Site) -> None:
    use(site, 51_000, minutes=61)
    site.do(settle_due)
    (entry,) = site.entries("consumption")
    assert (entry.energy_wh, entry.cause) == (1_000, EntryCause.HOUR)
    assert (entry.register_from_wh, entry.register_to_wh) == (50_000, 51_000)
    assert entry.raw_frame == "68" + (51_000).to_bytes(8, "big").hex()
    site.do(settle_due)
    assert len(site.entries("consumption")) == 1


def test_c13_decisions_grants_and_commands_want_a_commit_and_readings_do_not(site: Site) -> None:
    site.journal.commit()
    site.wait(60_000)
    site.journal.perform(lambda journal: None)
    site.look(50_010)
    assert not site.journal.commit_wanted
    assert site.journal.has_changes
    site.grant("g2", YUAN)
    assert not site.journal.has_changes
