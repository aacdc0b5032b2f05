"""Facts from a gateway: taken once, in order, whatever comes again, out of turn, broken or hostile.

C-1, C-2, C-11, C-12, C-14, R-G3, R-G5.
"""

import random
from contextlib import ExitStack, contextmanager

import msgspec
import pytest
from django.db import connections, transaction
from django.db.utils import Error, OperationalError

from central.desk.operations import pay
from central.ingest.broker_connection import Arrived
from central.ingest.process import Broker, Ingest
from central.ingest.take_message import MessageTaker
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link import counters
from central.link.models import (
    AccountDecision,
    Alarm,
    Delivery,
    Gateway,
    GatewayEntry,
    QuarantinedRow,
    WatermarkCheck,
)
from central.link.telemetry.models import (
    HourlyUse,
    InstantTotal,
    LastReading,
    LossBalance,
    Reading,
    RelayEvent,
)
from gateway.contract import facts, topics
from gateway.contract.commands import CENTRAL, Ack
from gateway.contract.envelope import Refusal, body_of, keyring_from_hex, unseal
from gateway.contract.facts import EntryKind, EntryLine, ReadingOutcome, RelayVerdict, UpRow
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin


def ack_in(outgoing) -> Ack | None:
    """Open what central answered as the gateway would."""
    if outgoing is None:
        return None
    from central.link.signing import public_key_hex

    opened = unseal(
        outgoing.payload,
        keyring_from_hex([public_key_hex()]),
        kind=topics.ACK,
        sender=CENTRAL,
        recipient="gw-1",
    )
    assert not isinstance(opened, Refusal)
    return body_of(opened, Ack)


def ack_of(seq, expected=None):
    """What answers the twin's batch, named as it names all of them."""
    return Ack("e1", seq, NOW_MS, expected, answers="m-up")


def up(taker, twin, message) -> Ack | None:
    return ack_in(taker.take(twin.topic("up"), message, NOW_MS))


def counts(taker, gateway="gw-1"):
    taker.write_counts(NOW_MS)
    return counters.of(gateway)


def standing(what):
    return list(Alarm.objects.filter(what=what, cleared_ms=None).values_list("subject", flat=True))


def test_c_11_a_batch_is_acked_after_it_is_committed_and_once(taker, twin):
    message = twin.batch(twin.consumption("1-301.1", 1000, 1000), twin.reading(1000, ReadingOutcome.FIRST))
    assert up(taker, twin, message) == ack_of(2)
    assert up(taker, twin, message) == ack_of(2), "what comes again is acked again"
    assert Transfer.objects.count() == GatewayEntry.objects.count() == Reading.objects.count() == 1
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == -558_000
    assert balance(chart.energy_revenue("dormitory", "yuan")) == 558_000
    assert counts(taker)["rows-known"] == 2


def test_what_a_decision_rests_on_is_kept_for_whoever_is_to_be_shown_why(taker, twin):
    out = twin.decision("1-301.1", facts.DecisionKind.OPEN, "lights-out", until_ms=9)
    taker.take(twin.topic("up"), twin.batch(out), NOW_MS)
    kept = AccountDecision.objects.get(pk="1-301.1")
    assert (kept.decision, kept.reason, kept.facts) == ("open", "lights-out", {"until_ms": 9})


def test_c_11_a_gap_is_answered_with_the_row_expected(taker, twin):
    first, second, third = (twin.rows(twin.reading(n)) for n in (1, 2, 3))
    assert up(taker, twin, twin.sealed_rows(first)).seq == 1
    assert up(taker, twin, twin.sealed_rows(third)) == ack_of(1, expected=2)
    assert Reading.objects.count() == 1
    assert up(taker, twin, twin.sealed_rows([*first, *second, *third])) == ack_of(3)
    assert Reading.objects.count() == 3


def test_c_11_any_order_repetition_and_loss_gives_the_same_books(taker, twin):
    """Batches cut, repeated, reordered and lost by a seeded link; the gateway sends again from the last ack."""
    chance = random.Random(20_261_123)
    register = 0
    rows = []
    for _ in range(60):
        used = chance.randrange(1, 500)
        register += used
        rows += twin.rows(twin.consumption("1-301.1", used, register), twin.reading(register))
    acked = 0
    while acked < len(rows):
        batches = [rows[i : i + 7] for i in range(acked, min(acked + 35, len(rows)), 7)]
        chance.shuffle(batches)
        for batch in batches[: chance.randrange(1, 6)]:
            for _ in range(chance.randrange(1, 3)):
                acked = max(acked, up(taker, twin, twin.sealed_rows(batch)).seq)
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == -558 * register
    assert GatewayEntry.objects.count() == Reading.objects.count() == 60
    first_register = GatewayEntry.objects.order_by("seq").first().register_to_wh
    assert sum(HourlyUse.objects.values_list("energy_wh", flat=True)) == register - first_register
    assert LastReading.objects.get().register_wh == register
    assert [c.fault for c in verify_books()] == [""] * 4


def test_c_1_the_same_row_with_other_content_is_an_alarm_and_not_booked(taker, twin):
    up(taker, twin, twin.batch(twin.consumption("1-301.1", 1000, 1000)))
    other = [UpRow(1, msgspec.Raw(facts.encode_fact(twin.consumption("1-301.1", 9000, 9000))))]
    assert up(taker, twin, twin.sealed_rows(other)).seq == 1
    assert standing("row-differs") == ["gw-1"]
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == -558_000
    assert QuarantinedRow.objects.get().reason == "exists-with-different"


def test_c_1_the_same_entry_in_another_row_is_booked_once_and_with_other_content_quarantined(taker, twin):
    entry = twin.consumption("1-301.1", 1000, 1000)
    up(taker, twin, twin.batch(entry, entry))
    assert Transfer.objects.count() == 1
    up(taker, twin, twin.batch(msgspec.structs.replace(entry, energy_wh=1)))
    assert "exists with different content" in QuarantinedRow.objects.get().reason
    assert Transfer.objects.count() == 1


HOSTILE_ROWS = [
    b"{}",
    b'"text"',
    b"[1,2]",
    b'{"kind":"entry"}',
    b'{"kind":"from-the-future","x":1}',
    b'{"kind":"health","at":["b",1,1,true],"counters":{"x":"y"}}',
    b"[" * 300 + b"]" * 300,
    b'{"kind":"readings","rows":[["m-301",' + b"9" * 30 + b',1,null,null,null,"first",true]]}',
    b'{"kind":"readings","rows":[["m\\u0000",1,99999999999999999999,null,null,null,"first",true]]}',
    b'{"kind":"decision","account":"'
    + b"x" * 90
    + b'","decision":"open","reason":"r","at":["b",1,1,true],"balance":1e400}',
    b'{"kind":"watermark","last_command":1,"at":["b",1,1,true],"balances":[["a","b","c","d"]]}',
]


@pytest.mark.parametrize("raw", HOSTILE_ROWS, ids=range(len(HOSTILE_ROWS)))
def test_c_11_a_row_central_cannot_take_is_quarantined_alone_and_acked(taker, twin, raw):
    good_before, good_after = twin.consumption("1-301.1", 10, 10), twin.consumption("1-301.1", 20, 30)
    ack = up(taker, twin, twin.batch(good_before, raw, good_after, twin.reading(30)))
    assert ack == ack_of(4)
    assert GatewayEntry.objects.count() == 2
    assert Reading.objects.count() == 1
    assert QuarantinedRow.objects.get().seq == 2
    assert standing("row-quarantined") == ["e1.2"]
    assert counts(taker)["quarantined"] == 1


def _entry(twin, **changes):
    return msgspec.structs.replace(twin.consumption("1-301.1", 10, 10), **changes)


HOSTILE_ENTRIES = {
    "another gateway's name": {"entry": "gw-2.e1.1"},
    "another epoch's name": {"entry": "gw-1.e0.1"},
    "unknown account": {"account": "1-999.1"},
    "another building's account": {"account": "2-101.1"},
    "unit": {"lines": [EntryLine("paid", "gold", -1, 0)]},
    "beyond 64 bits": {"lines": [EntryLine("paid", "yuan", -(1 << 70), 0)]},
    "NUL": {"raw_frame": "68\x00"},
}


@pytest.mark.parametrize("name", HOSTILE_ENTRIES)
def test_c_1_a_gateway_writes_its_own_buildings_entries_only(taker, twin, name):
    from django.db import connection

    if name == "NUL" and connection.vendor == "sqlite":
        pytest.skip("SQLite keeps a NUL; PostgreSQL refuses it")
    bad = _entry(twin, **HOSTILE_ENTRIES[name])
    assert up(taker, twin, twin.batch(bad, twin.reading(1))).seq == 2
    assert QuarantinedRow.objects.count() == 1
    assert not Transfer.objects.exists()
    assert Reading.objects.count() == 1


def test_while_the_database_fails_nothing_is_acked_and_nothing_is_lost(taker, twin, monkeypatch):
    message = twin.batch(twin.consumption("1-301.1", 1000, 1000), twin.reading(1))

    def disk_full(*_):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("central.ingest.book_entries.book", disk_full)
    with pytest.raises(OperationalError):
        taker.take(twin.topic("up"), message, NOW_MS)
    assert not QuarantinedRow.objects.exists()
    monkeypatch.undo()
    assert up(taker, twin, message).seq == 2
    assert Transfer.objects.count() == Reading.objects.count() == 1


def test_a_row_that_telemetry_refused_is_kept_though_the_books_fail_behind_it(taker, twin, monkeypatch):
    """Telemetry commits first, and knows the row from then on: who asked only afterwards would find nothing wrong with it."""
    beyond = facts.ReadingRow("m-301", NOW_MS, 1 << 70, None, None, None, ReadingOutcome.FIRST)
    message = twin.batch(facts.Readings([beyond]), twin.reading(1))

    def gone(*_):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("central.ingest.take_batch.FactTaker", gone)
    with pytest.raises(OperationalError):
        taker.take(twin.topic("up"), message, NOW_MS)
    monkeypatch.undo()
    assert up(taker, twin, message).seq == 2
    assert QuarantinedRow.objects.get().seq == 1
    assert Reading.objects.count() == 1


def test_a_birth_stays_in_hand_until_the_database_takes_it(twin, monkeypatch):
    """Rows come again when they are not acknowledged; a birth is said once."""

    def disk_full(*_, **__):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("central.ingest.process.DATABASE_PAUSE_S", 0)
    # The test's transaction lives on the connection that ingest would renew.
    monkeypatch.setattr("central.ingest.process.close_old_connections", lambda: None)
    monkeypatch.setattr("central.ingest.take_message.greet", disk_full)
    ingest = Ingest(Broker(), now_ms=lambda: NOW_MS)
    twin.epoch, twin.boot = "e2", "boot-2"
    ingest._inbox.put(Arrived(0, twin.topic("birth"), twin.birth()))
    ingest._inbox.put(Arrived(0, twin.topic("up"), twin.batch(twin.reading(1))))
    ingest._guarded(ingest._take_one)
    ingest._guarded(ingest._take_one)
    monkeypatch.undo()
    ingest._guarded(ingest._take_one)
    assert Gateway.objects.get(pk=twin.name).epoch == "e2"
    assert not Reading.objects.exists(), "the rows wait their turn behind the birth"
    ingest._guarded(ingest._take_one)
    assert Reading.objects.count() == 1


def test_that_hostile_messages_came_is_told_though_the_database_was_away(taker, twin):
    stranger = GatewayTwin(name="gw-1")
    taker.take(twin.topic("up"), stranger.batch(stranger.reading(1)), NOW_MS)
    with no_writes(), pytest.raises(Error):
        taker.write_counts(NOW_MS)
    assert counts(taker)["refused-unknown-key"] == 1
    assert standing("messages-refused") == ["gw-1"]
    assert counts(taker)["refused-unknown-key"] == 1, "counted once"


def test_a_birth_stays_in_hand_whichever_step_finds_the_database_away(twin, monkeypatch):
    monkeypatch.setattr("central.ingest.process.DATABASE_PAUSE_S", 0)
    monkeypatch.setattr("central.ingest.process.close_old_connections", lambda: None)
    ingest = Ingest(Broker(), now_ms=lambda: NOW_MS)
    ingest._inbox.put(Arrived(0, twin.topic("birth"), twin.birth()))
    with no_writes():
        ingest._guarded(ingest._take_one)
    ingest._guarded(lambda: {}["a fault of ours in another step"])
    ingest._guarded(ingest._take_one)
    assert Gateway.objects.get(pk=twin.name).epoch == "e1"


def test_tables_of_another_release_are_waited_for_and_make_no_row_bad(taker, twin):
    """A worker on another machine may run while the tables are changed: nothing is put into quarantine or acknowledged (C-11)."""
    message = twin.batch(twin.consumption("1-301.1", 1000, 1000), twin.reading(1))
    with transaction.atomic(using="telemetry"):
        with connections["telemetry"].cursor() as cursor:
            cursor.execute("ALTER TABLE telemetry_reading RENAME COLUMN power_w TO watts")
        with pytest.raises(Error):
            taker.take(twin.topic("up"), message, NOW_MS)
        transaction.set_rollback(True, using="telemetry")
    assert up(taker, twin, message).seq == 2
    assert Transfer.objects.count() == Reading.objects.count() == 1
    assert not QuarantinedRow.objects.exists()


@contextmanager
def no_writes():
    """Let the databases refuse every write, for as long as this lasts."""
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(transaction.atomic(using=connection.alias))
            on_postgresql = connection.vendor == "postgresql"
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET LOCAL transaction_read_only = on" if on_postgresql else "PRAGMA query_only = on"
                )
        try:
            yield
        finally:
            for connection in connections.all():
                if connection.vendor == "sqlite":
                    with connection.cursor() as cursor:
                        cursor.execute("PRAGMA query_only = off")
                transaction.set_rollback(True, using=connection.alias)


def test_r_g5_who_is_not_the_gateway_is_refused_by_name_and_counted(taker, twin):
    stranger = GatewayTwin(name="gw-1")
    unknown = GatewayTwin(name="gw-9")
    good = twin.batch(twin.reading(1))
    hostile = [
        stranger.batch(stranger.consumption("1-301.1", 1, 1)),
        good[:-1] + (b"1" if good.endswith(b"0") else b"0"),
        b"",
        b"junk",
        good[:40],
        twin.sealed_rows(twin.rows(twin.reading(2)), recipient="someone"),
        twin.sealed_rows(twin.rows(twin.reading(3)), sender="gw-2"),
        twin.sealed("birth", facts.Birth("b", "e", "s", 0, 0, 0, [])),
        b"x" * 1_000_001,
    ]
    for message in hostile:
        assert taker.take(twin.topic("up"), message, NOW_MS) is None
    assert taker.take(unknown.topic("up"), unknown.batch(unknown.reading(1)), NOW_MS) is None
    assert taker.take("cardroom/1/gw-1/up/more", good, NOW_MS) is None
    counted = counts(taker)
    assert counted["refused-unknown-key"] == 1
    assert counted["refused-forged"] == 1
    assert counted["refused-wrong-recipient"] == counted["refused-wrong-sender"] == 1
    assert counted["refused-wrong-kind"] == counted["refused-too-long"] == 1
    assert counted["refused-malformed"] == 3
    assert counters.of(counters.UNKNOWN_GATEWAY) == {"unknown-gateway": 2}
    assert standing("messages-refused") == ["gw-1"]
    assert not Reading.objects.exists()
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("rows", [[], [2, 1], [1, 3], [0], [-1, 0], [1, 1], [1 << 63]])
def test_a_batch_out_of_order_in_itself_is_refused_by_name(taker, twin, rows):
    reading = msgspec.Raw(facts.encode_fact(twin.reading(1)))
    assert up(taker, twin, twin.sealed_rows([UpRow(seq, reading) for seq in rows])) is None
    assert counts(taker)["batch-broken-order"] == 1


def test_an_epoch_nobody_announced_waits_for_its_birth(taker, twin):
    assert up(taker, twin, twin.sealed_rows(twin.rows(twin.reading(1)), epoch="e9")) is None
    assert counts(taker)["batch-unknown-epoch"] == 1


def test_c_1_credit_central_never_gave_is_an_alarm_and_in_suspense(taker, twin):
    up(taker, twin, twin.batch(twin.granted("p-nobody", "1-301.1", 9_000_000)))
    assert standing("unknown-grant") == ["1-301.1"]
    assert balance(chart.suspense("yuan")) == 9_000_000


def test_c_6_a_grant_credited_twice_or_differently_is_an_alarm(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.batch(twin.granted("p-p1", "1-301.1", 50_000_000)))
    assert standing("grant-twice") == []
    up(taker, twin, twin.batch(twin.granted("p-p1", "1-301.1", 50_000_000)))
    assert standing("grant-twice") == ["1-301.1"]
    pay("p2", "1-302.1", 5_000, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.batch(twin.granted("p-p2", "1-302.1", 1)))
    assert standing("grant-differs") == ["1-302.1"]


def test_c_2_balances_agree_at_the_watermark_while_money_is_under_way(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    pay("p2", "1-301.1", 1_000, cashier, now_ms=NOW_MS)
    twin.last_command = 2
    up(
        taker,
        twin,
        twin.batch(
            twin.granted("p-p1", "1-301.1", 50_000_000),
            twin.consumption("1-301.1", 1000, 1000),
            twin.watermark(),
        ),
    )
    check = WatermarkCheck.objects.get()
    assert (check.differences, check.accounts, check.seq) == ([], 1, 3)


def test_c_2_a_difference_names_the_account_and_its_alarm_clears_itself(taker, twin):
    up(taker, twin, twin.batch(twin.consumption("1-301.1", 1000, 1000), twin.consumption("1-302.1", 1, 1)))
    twin.balances["1-302.1", "paid", "yuan"] += 7
    up(taker, twin, twin.batch(twin.watermark()))
    assert WatermarkCheck.objects.get().differences == [
        {
            "account": "1-302.1",
            "bucket": "paid",
            "unit": "yuan",
            "gateway": -551,
            "entries": -558,
            "ledger": -558,
        }
    ]
    assert standing("balance-differs") == ["1-302.1"]
    twin.balances["1-302.1", "paid", "yuan"] -= 7
    up(taker, twin, twin.batch(twin.watermark()))
    assert standing("balance-differs") == []


def test_c_2_a_grant_the_gateway_should_have_and_has_not_names_the_account(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    twin.last_command = 1
    up(taker, twin, twin.batch(twin.watermark()))
    assert WatermarkCheck.objects.latest("id").differences == [], (
        "command 2 has not arrived: nothing to compare"
    )
    twin.last_command = 2
    up(taker, twin, twin.batch(twin.watermark()))
    assert WatermarkCheck.objects.latest("id").differences == [
        {"account": "1-301.1", "grant": "p-p1", "missing": 50_000_000}
    ]


def test_c_2_an_entry_lost_on_the_way_into_the_ledger_shows(taker, twin, monkeypatch):
    monkeypatch.setattr("central.ingest.book_entries.book", lambda drafts, now_ms: [])
    monkeypatch.setattr("central.ingest.book_entries.zip", lambda *_, strict: [], raising=False)
    up(taker, twin, twin.batch(twin.consumption("1-301.1", 1000, 1000), twin.watermark()))
    assert WatermarkCheck.objects.get().differences[0]["ledger"] == 0
    assert standing("balance-differs") == ["1-301.1"]


def test_c_12_use_per_hour_is_kept_from_readings_and_a_gap_or_glitch_adds_nothing(taker, twin):
    hour = NOW_MS // 3_600_000 * 3_600_000
    story = [
        (0, 5_000, ReadingOutcome.FIRST),
        (60_000, 5_400, ReadingOutcome.ADVANCED),
        (120_000, 0, ReadingOutcome.ZERO_GLITCH),
        (180_000, 99_000_000, ReadingOutcome.IMPLAUSIBLE),
        (240_000, 5_700, ReadingOutcome.ADVANCED),
        (3_600_000, 5_900, ReadingOutcome.ADVANCED),
        (3_660_000, 100, ReadingOutcome.REPLACED),
        (3_720_000, 150, ReadingOutcome.ADVANCED),
    ]
    reported = []
    for offset_ms, register, outcome in story:
        twin.now_ms = hour + offset_ms
        reported.append(twin.reading(register, outcome))
    up(taker, twin, twin.batch(*reported[:3]))
    up(taker, twin, twin.batch(*reported[3:]))
    use = HourlyUse.objects.order_by("hour_ms").values_list("hour_ms", "energy_wh")
    assert list(use) == [(hour, 700), (hour + 3_600_000, 250)]
    assert LastReading.objects.get().register_wh == 150


def test_c_14_what_an_untrusted_clock_says_is_dated_by_central(taker, twin):
    twin.now_ms = 5_000
    entry = twin.consumption("1-301.1", 10, 10)
    entry = msgspec.structs.replace(entry, at=twin.at(trusted=False), provisional=True)
    up(taker, twin, twin.batch(entry))
    assert Transfer.objects.get().at_ms == NOW_MS
    kept = GatewayEntry.objects.get()
    assert (kept.at_trusted, kept.provisional, kept.boot) == (False, True, "boot-1")


@pytest.mark.parametrize(
    ("kind", "other_side"),
    [
        (EntryKind.ADJUSTMENT, chart.adjustments("yuan")),
        (EntryKind.EXPIRED, chart.lapsed("yuan")),
        (EntryKind.TAKEN_BACK, chart.taken_back("1-301.1", "yuan")),
    ],
)
@pytest.mark.parametrize("amount", [-500, 500])
def test_c_9_each_kind_of_entry_has_its_other_side(taker, twin, kind, other_side, amount):
    up(taker, twin, twin.batch(twin.entry(kind, "1-301.1", amount)))
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == amount
    assert balance(other_side) == -amount
    assert [c.fault for c in verify_books()] == [""] * 4


def test_alarms_are_shown_once_and_cleared(taker, twin):
    raised = facts.Alarm("a1", "meter-silent", "m-301", True, twin.at(), "no answer")
    up(taker, twin, twin.batch(raised, raised))
    assert standing("meter-silent") == ["m-301"]
    up(taker, twin, twin.batch(msgspec.structs.replace(raised, raised=False)))
    assert standing("meter-silent") == []
    assert Alarm.objects.filter(what="meter-silent").count() == 1


def test_balances_of_master_and_subs_are_stored_once_and_quarantine_nothing(taker, twin):
    rows = [
        facts.LossRow("g-1", 1_000, 3_601_000, facts.LossVerdict.MEASURED, 1_000, 900, 10, 15, 75, 12, frozen=3, meters=4),
        facts.LossRow("g-1", 1_000, 3_601_000, facts.LossVerdict.LOSS, 1_000, 900, 10, 15, 75, 12, "calibrated", 5_100),
        facts.LossRow("g-2", 1_000, 3_601_000, facts.LossVerdict.INCOMPLETE, meters=2, missing=["m-301"]),
    ]  # fmt: skip
    batch = twin.batch(facts.LossBalances(twin.at(), rows))
    up(taker, twin, batch)
    up(taker, twin, batch)
    assert not QuarantinedRow.objects.exists()
    measured, judged, missing = LossBalance.objects.order_by("pk")
    assert (measured.gateway, measured.group, measured.verdict, measured.frozen, measured.meters) == (
        twin.name, "g-1", "measured", 3, 4,
    )  # fmt: skip
    parts = measured.subs_wh + measured.own_use_wh + measured.technical_wh + measured.unexplained_wh
    assert measured.master_wh == parts == 1_000
    assert (judged.verdict, judged.rule, judged.z_milli, judged.uncertainty_wh) == (
        "loss",
        "calibrated",
        5_100,
        12,
    )
    assert (missing.verdict, missing.missing, missing.z_milli) == ("incomplete", ["m-301"], None)


def test_the_totals_of_an_instant_are_stored_with_its_moment_and_epoch(taker, twin):
    totals = [facts.MeterTotal("m-301", 1_230, 30, 10, 4, True), facts.MeterTotal("m-302", 990, 0, 10)]
    batch = twin.batch(facts.LossBalances(twin.at(), [], totals))
    up(taker, twin, batch)
    up(taker, twin, batch)
    first, second = InstantTotal.objects.order_by("pk")
    assert (first.gateway, first.epoch, first.at_ms) == (twin.name, twin.epoch, twin.at().wall_ms)
    assert (first.meter, first.total_wh, first.offset_wh, first.step_wh, first.skew_wh, first.frozen) == (
        ("m-301", 1_230, 30, 10, 4, True)
    )
    assert (second.meter, second.skew_wh, second.frozen, second.trusted) == ("m-302", 0, False, True)


def test_relay_reports_leave_their_history(taker, twin):
    up(
        taker,
        twin,
        twin.batch(
            twin.relay(False, RelayVerdict.CONFIRMED, "1-301.1"),
            twin.relay(None, RelayVerdict.UNKNOWN, "1-301.1"),
        ),
    )
    assert list(RelayEvent.objects.order_by("id").values_list("verdict", flat=True)) == [
        "confirmed",
        "unknown",
    ]


def test_counters_and_last_seen_are_kept(taker, twin):
    up(taker, twin, twin.batch(facts.Health(twin.at(), {"forged": 3})))
    gateway = Gateway.objects.get()
    assert gateway.counters == {"forged": 3}
    assert gateway.last_seen_ms == NOW_MS
    assert gateway.meters_seen == [["m-301", "line-1", "generic", "1"]]


def test_a_bench_gateway_is_refused_by_a_central_that_is_none(twin):
    taker = MessageTaker(on_bench=False)
    taker.take(twin.topic("birth"), twin.birth(bench_clock=True), NOW_MS)
    assert Gateway.objects.get().epoch == ""
    assert standing("bench-clock-refused") == ["gw-1"]
    MessageTaker(on_bench=True).take(twin.topic("birth"), twin.birth(bench_clock=True), NOW_MS)
    assert Gateway.objects.get().epoch == "e1"


def test_credit_is_proved_by_the_entry(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.batch(twin.granted("p-p1", "1-301.1", 50_000_000)))
    delivery = Delivery.objects.get()
    assert (delivery.applied_ms, delivery.applied_entry) == (NOW_MS, "gw-1.e1.1")
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == 50_000_000, "booked once, when it was paid"
