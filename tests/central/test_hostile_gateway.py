"""A gateway that is broken or in other hands harms its own building's rows at most (R-G5, C-1, C-11)."""

import msgspec
import pytest

from central.desk.operations import pay
from central.ingest.broker_connection import Arrived
from central.ingest.process import Broker, Ingest
from central.link import operations
from central.link.models import (
    AccountDecision,
    BilledRegister,
    Delivery,
    Gateway,
    QuarantinedRow,
    RelayState,
    TakeBackRequest,
)
from central.link.telemetry.models import InstantTotal, LossBalance, Reading, RelayEvent
from gateway.contract import facts
from gateway.contract.facts import Answer, DecisionKind, EntryKind, RelayVerdict
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin
from tests.central.steps import answer, born, counts, credit, held, last, order, queued, rebuilt, standing, up

IMPOSSIBLE_BIRTHS = {
    "a configuration below zero": {"config_version": -1},
    "a row below zero": {"last_seq": -1},
    "a number beyond 64 bits": {"last_command": 1 << 64},
    "a number nobody counts to": {"last_command": 1 << 60},
    "a boot that is no identifier": {"boot": "b" * 65},
    "an epoch that is no identifier": {"epoch": "e/2"},
    "a NUL": {"software": "twin\x00"},
    "a NUL in a key of ours": {"central_keys": ["ab\x00"]},
}


@pytest.fixture
def ingest(taker, monkeypatch):
    """An ingest process without a broker, on the test's own connection."""
    monkeypatch.setattr("central.ingest.process.DATABASE_PAUSE_S", 0)
    monkeypatch.setattr("central.ingest.process.close_old_connections", lambda: None)
    return Ingest(Broker(), now_ms=lambda: NOW_MS)


@pytest.mark.parametrize("name", IMPOSSIBLE_BIRTHS)
def test_c_11_a_birth_that_cannot_be_is_refused_and_the_next_message_taken(ingest, twin, name):
    twin.boot = "boot-2"
    ingest._inbox.put(Arrived(0, twin.topic("birth"), twin.birth(**IMPOSSIBLE_BIRTHS[name])))
    ingest._inbox.put(Arrived(0, twin.topic("state"), b'{"online":false,"boot":"boot-2"}'))
    ingest._guarded(ingest._take_one)
    ingest._guarded(ingest._take_one)
    gateway = Gateway.objects.get()
    assert not gateway.online, "the message behind it was taken"
    assert gateway.boot == "boot-1"
    assert counts(ingest._taker)["refused-malformed"] == 1


def test_c_11_what_the_database_refuses_for_its_content_is_not_kept_in_hand(ingest, twin, monkeypatch):
    from django.db import transaction
    from django.db.utils import IntegrityError

    def impossible(*_, **__):
        raise IntegrityError("CHECK constraint failed")

    monkeypatch.setattr("central.ingest.take_message.greet", impossible)
    ingest._inbox.put(Arrived(0, twin.topic("birth"), twin.birth(boot="boot-2")))
    ingest._inbox.put(Arrived(0, twin.topic("state"), b'{"online":false,"boot":"boot-2"}'))
    for _ in range(2):
        with transaction.atomic():
            ingest._guarded(ingest._take_one)
    assert not Gateway.objects.get().online


@pytest.mark.parametrize(
    "said",
    [
        Answer(-1, "gap", 2),
        Answer(3, "gap", 0),
        Answer(3, "gap", 1 << 64),
        Answer(3, "gap", 1 << 60),
        Answer(3, "gap\x00", 2),
        Answer(3, "", 2),
    ],
)
def test_c_5_an_answer_that_cannot_be_is_refused(taker, twin, said):
    before = Gateway.objects.get().next_number
    answer(taker, twin, said)
    assert counts(taker)["refused-malformed"] == 1
    assert Gateway.objects.get().next_number == before


def test_c_11_an_envelope_dated_beyond_any_clock_is_refused(taker, twin):
    assert taker.take(twin.topic("up"), twin.sealed_rows([], issued_ms=1 << 64), NOW_MS) is None
    assert counts(taker)["refused-malformed"] == 1


@pytest.fixture
def twin2(twin):
    """The enrolled gateway of building 2."""
    from central.link.operations import enrol_gateway

    twin2 = GatewayTwin(name="gw-2", now_ms=NOW_MS)
    enrol_gateway(twin2.name, "2", twin2.public_key, actor="test", now_ms=NOW_MS - 1000)
    return twin2


@pytest.fixture
def both(taker, twin2):
    taker.take(twin2.topic("birth"), twin2.birth(), NOW_MS)
    return taker


def reasons(gateway="gw-2"):
    rows = QuarantinedRow.objects.filter(gateway=gateway).order_by("seq")
    return [row.reason.rpartition(": ")[2] for row in rows]


def test_c_1_a_gateway_does_not_use_up_another_buildings_payment(both, twin, twin2, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    up(both, twin2, twin2.granted("p-p1", "2-101.1", 1))
    assert reasons() == ["grant p-p1 is another gateway's"]
    assert Delivery.objects.get().applied_ms is None
    rebuilt(both, twin)
    assert held(order(last("configure")).opening) == []
    assert "grant" in [kind for _, kind in queued()], "the payment is still on its way to its own building"


def test_c_1_a_grant_credited_differently_is_not_called_applied(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted("p-p1", "1-301.1", 1))
    assert standing("grant-differs") == ["1-301.1"]
    assert Delivery.objects.get().applied_ms is None


def test_c_7_a_gateway_takes_back_from_the_account_it_was_asked_to(both, twin, twin2, cashier):
    credit(both, twin, cashier)
    operations.ask_credit_back("r1", "1-301.1", "paid", 10_000_000, actor="b", why="w", now_ms=NOW_MS)
    taken = twin2.entry(EntryKind.TAKEN_BACK, "2-101.1", -10_000_000, source="r1")
    up(both, twin2, taken)
    up(both, twin, twin.entry(EntryKind.TAKEN_BACK, "1-302.1", -10_000_000, source="r1"))
    assert reasons() == reasons("gw-1") == ["request r1 is of account 1-301.1"]
    assert TakeBackRequest.objects.get().taken == 0


def test_c_15_a_gateway_decides_and_supplies_its_own_rooms_only(both, twin2):
    up(
        both,
        twin2,
        twin2.decision("1-301.1", DecisionKind.CLOSE),
        twin2.relay(True, RelayVerdict.CONFIRMED, "1-301.1"),
        twin2.relay(True, RelayVerdict.CONFIRMED, "2-101.1"),
        twin2.relay(True, RelayVerdict.CONFIRMED, None),
    )
    of_account, of_meter = (
        "account 1-301.1 is not one of this gateway's building",
        "meter m-301 is another building's",
    )
    assert reasons() == [of_account, of_account, of_meter, of_meter]
    assert not AccountDecision.objects.exists()
    assert not RelayState.objects.exists()
    assert not RelayEvent.objects.exists()


def test_c_11_a_gateway_does_not_move_another_buildings_billed_register(both, twin, twin2):
    up(both, twin, twin.consumption("1-301.1", 1_000, 1_000))
    up(both, twin2, twin2.consumption("2-101.1", 1, 999_000_000))
    assert reasons() == ["meter m-301 is another building's"]
    assert BilledRegister.objects.get().register_wh == 1_000


def test_c_12_readings_of_another_buildings_meter_are_left_out_and_named(both, twin2):
    foreign = twin2.reading(7).rows[0]
    own, unknown = (msgspec.structs.replace(foreign, meter=meter) for meter in ("m-101", "m-nowhere"))
    assert up(both, twin2, facts.Readings([foreign, own, unknown])) is not None
    assert set(Reading.objects.values_list("meter", flat=True)) == {"m-101", "m-nowhere"}
    assert standing("foreign-meter") == ["m-301"]
    assert reasons() == [], "the other meters' readings are as good as ever"
    up(both, twin2, facts.Readings([own]))
    assert standing("foreign-meter") == ["m-301"], "a person mends the list, then resolves it"


def test_r_b2_totals_of_another_buildings_meter_are_left_out_and_named(both, twin2):
    """They stand in for readings where somebody read that meter by hand: no other building may write them."""
    totals = [facts.MeterTotal(meter, 7_000, 0, 10) for meter in ("m-301", "m-101")]
    groups = [facts.LossRow("g-2", NOW_MS - 3_600_000, NOW_MS, facts.LossVerdict.BALANCED)]
    up(both, twin2, facts.LossBalances(twin2.at(), groups, totals))
    assert list(InstantTotal.objects.values_list("meter", flat=True)) == ["m-101"]
    assert list(LossBalance.objects.values_list("group", flat=True)) == ["g-2"]
    assert standing("foreign-meter") == ["m-301"]
    assert reasons() == []


@pytest.mark.parametrize("subject", ["m-301", "1-301.1"])
def test_r_g5_a_gateway_raises_no_alarm_about_another_buildings_meter_or_room(both, twin2, subject):
    """It would stand on that building's pages, and open a fault of a module that is in order."""
    said = [facts.Alarm("gw-2.a1", "meter-silent", subject, raised, twin2.at()) for raised in (True, False)]
    own = facts.Alarm("gw-2.a2", "meter-silent", "m-101", True, twin2.at())
    up(both, twin2, said[0], own, facts.Alarm("gw-2.a3", "clock-untrusted", "gw-2", True, twin2.at()))
    assert standing("meter-silent") == ["m-101"]
    assert standing("clock-untrusted") == ["gw-2"]
    assert reasons() == [f"an alarm about {subject}, which is another building's"]
    up(both, twin2, said[1])
    assert len(reasons()) == 1, "that something is over is taken: a meter may have moved house meanwhile"


def test_r_g5_an_old_batch_said_again_is_no_sign_of_life(taker, twin):
    batch = twin.batch(twin.reading(7))
    taker.take(twin.topic("up"), batch, NOW_MS)
    taker.take(twin.topic("up"), batch, NOW_MS + 7_000)
    assert Gateway.objects.get().last_seen_ms == NOW_MS
    taker.take(twin.topic("up"), twin.batch(twin.reading(8)), NOW_MS + 9_000)
    assert Gateway.objects.get().last_seen_ms == NOW_MS + 9_000


def test_r_g5_a_boot_that_fell_out_of_the_list_is_no_news(taker, twin, monkeypatch):
    monkeypatch.setattr("central.link.epochs.BOOTS_KEPT", 3)
    first = twin.birth()
    up(taker, twin, twin.reading(7))
    for boot in range(2, 7):
        born(taker, twin, boot=f"boot-{boot}")
    taker.take(twin.topic("birth"), first, NOW_MS)
    assert Gateway.objects.get().boot == "boot-6"
    assert counts(taker)["birth-stale"] == 1
    born(taker, twin, boot="boot-1", last_seq=0)
    assert Gateway.objects.get().awaits_epoch, "a store that went back is newer by its date, and is told so"


def test_c_11_copies_of_what_a_closed_epoch_said_are_not_kept_again(taker, twin):
    told = twin.batch(twin.reading(7), twin.consumption("1-301.1", 10, 20))
    taker.take(twin.topic("up"), told, NOW_MS)
    rebuilt(taker, twin)
    taker.take(twin.topic("up"), told, NOW_MS)
    assert not QuarantinedRow.objects.exists()
    assert counts(taker)["rows-known"] == 2
    twin.epoch, twin.seq = "e1", 2
    up(taker, twin, twin.reading(9))
    assert QuarantinedRow.objects.get().seq == 3


def test_no_gateway_fills_the_counters_with_names_of_its_own(taker, twin):
    for reason in ("a1", "a2", "a3"):
        answer(taker, twin, Answer(1, reason, 1, "c-none"))
    assert counts(taker)["answer-other"] == 3
