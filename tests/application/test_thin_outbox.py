"""Weeks without central: readings are thinned, and nothing else; what may have been sent never changes."""

import pytest

from gateway.application import thin_outbox as rule
from gateway.application.outbox import acknowledge, depth, outbox_batch
from gateway.application.records import OutboxMark
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack
from gateway.contract.facts import Readings, decode_fact
from tests.application.site import Site, use


@pytest.fixture
def lonely(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A day of readings, each minute a row, an hour's settlement each hour; nobody ever heard of it."""
    monkeypatch.setattr(rule, "KEPT_WHOLE_ROWS", 300)
    monkeypatch.setattr(rule, "ROWS_AT_ONCE", 100)
    register_wh = 50_000
    for minute in range(24 * 60):
        register_wh += 10 * (minute % 7 == 0)
        use(site, register_wh, minutes=1)
        site.journal.commit()
        if minute % 10 == 0:
            site.do(settle_due)
    return site


def rows_of(site: Site) -> dict[int, bytes]:
    epoch = site.booted.epoch
    return {row.seq: bytes(row.fact) for row in site.ask(lambda journal: journal.outbox(epoch, 0, 10**9))}


def readings_in(rows: dict[int, bytes]) -> list[int]:
    packs = [fact for fact in map(decode_fact, rows.values()) if isinstance(fact, Readings)]
    return [row.register_wh for pack in packs for row in pack.rows]


def thin_all(site: Site) -> int:
    dropped = 0
    while more := site.do(lambda journal, now: rule.thin_outbox(journal)):
        dropped += more
    return dropped


def test_old_readings_are_thinned_new_ones_and_everything_else_stay(lonely: Site) -> None:
    rows = rows_of(lonely)
    assert list(rows) == list(range(1, len(rows) + 1))
    old, new = list(rows.values())[:-500], list(rows.values())[-300:]
    packed = readings_in(dict(enumerate(old)))
    assert len(packed) < 24 * 60 / 5, "about one in fifteen is left, and those behind entries"
    assert len(readings_in(dict(enumerate(new)))) > 250
    entries = lonely.entries("consumption")
    assert len(entries) == 23
    left = set(readings_in(rows))
    assert {entry.register_to_wh for entry in entries} <= left


def test_bytes_on_the_card_stop_growing_with_the_readings(lonely: Site) -> None:
    rows = rows_of(lonely)
    per_row = [
        sum(map(len, part)) / len(part) for part in (list(rows.values())[:1000], list(rows.values())[-300:])
    ]
    assert per_row[0] < 0.6 * per_row[1], "with one meter; a pack of many shrinks to the same few bytes"


def test_what_may_have_been_sent_never_changes(lonely: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "KEPT_WHOLE_ROWS", 0)
    batch = lonely.do(lambda journal, now: outbox_batch(journal, after=None))
    assert not lonely.journal.commit_wanted, "what may be sent is stored before it is"
    sent = rows_of(lonely)
    assert thin_all(lonely) == 0
    last_wh = lonely.meter().register_wh or 0
    for minute in range(1_500):
        use(lonely, last_wh + 10 * minute, minutes=1)
        lonely.journal.commit()
    assert thin_all(lonely) > 0
    after = rows_of(lonely)
    ahead = lonely.ask(lambda journal: journal.record(OutboxMark, lonely.booted.epoch)).sendable_seq
    assert batch is not None
    assert ahead == max(sent) + 1_000
    assert {seq: after[seq] for seq in sent} == sent
    assert len(after) == max(after)


def test_a_store_from_before_the_rule_thins_nothing_that_it_may_have_sent(
    lonely: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule, "KEPT_WHOLE_ROWS", 0)
    epoch = lonely.booted.epoch
    lonely.do(lambda journal, now: journal.keep(epoch, OutboxMark(epoch, 1)))
    before = rows_of(lonely)
    assert thin_all(lonely) == 0
    assert rows_of(lonely) == before


def test_thinned_rows_are_acknowledged_like_any(lonely: Site) -> None:
    last = max(rows_of(lonely))
    lonely.do(acknowledge, Ack(lonely.booted.epoch, last, lonely.wall_ms))
    assert lonely.ask(depth).rows == 0
    assert lonely.ask(depth).oldest_ms is None


def test_an_entry_is_never_replaced_by_readings(lonely: Site) -> None:
    epoch = lonely.booted.epoch
    entry = next(seq for seq, raw in rows_of(lonely).items() if b'"consumption"' in raw)
    with pytest.raises(LookupError, match="not one of readings"):
        lonely.ask(lambda journal: journal.replace_readings(epoch, entry, []))
