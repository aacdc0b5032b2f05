"""A swap on site and a register at a period's end, as central takes them: once, kept, and not undone (R-4.3.5, R-4.1.9, C-3)."""

import msgspec
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from central.campus.meter_groups import groups_of, set_groups
from central.campus.models import Account, Binding, Building, Meter
from central.ledger.models import AuditEntry
from central.link.configuration import build
from central.link.models import (
    BilledRegister,
    Gateway,
    GatewayEntry,
    MeterSwap,
    PeriodRegister,
    QuarantinedRow,
)
from central.link.telemetry.models import Reading
from gateway.contract.facts import Readings, RelayVerdict
from gateway.contract.meter_facts import MeterBound, MeterSwapped, PeriodMethod
from gateway.contract.meter_facts import PeriodRegister as Register
from gateway.contract.rules import GroupKind, GroupRule
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, answered, last, order, rebuilt, up

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def swapped(twin, **changes):
    fact = MeterSwapped(
        swap="gw-1.e1.swap1", old_meter="m-301", new_meter="m-900", last_wh=51_000, first_wh=7_000,
        at=twin.at(), last_at=twin.at(), by="li", why="burnt out", account=ROOM, binding="gw-1.e1.swap1",
        from_ms=NOW_MS, last_frame="68", first_frame="68",
    )  # fmt: skip
    return msgspec.structs.replace(fact, **changes)


def bound(twin):
    configure = build(Gateway.objects.get(pk=twin.name), 99)
    return {(tie.meter, tie.account, tie.binding, tie.baseline_wh) for tie in configure.bindings}


def test_a_swap_makes_the_meter_and_its_binding_and_the_next_configuration_has_it(taker, twin):
    up(taker, twin, swapped(twin))
    assert ("m-900", ROOM, "gw-1.e1.swap1", 7_000) in bound(twin)
    assert Meter.objects.get(meter_no="m-900").building.code == "1"
    swap = MeterSwap.objects.get()
    assert (swap.last_wh, swap.last_frame, swap.why, swap.by) == (51_000, "68", "burnt out", "li")
    gateway = Gateway.objects.get(pk=twin.name)
    assert gateway.published_revision != Building.objects.get(code="1").revision
    assert BilledRegister.objects.get(meter="m-900").register_wh == 7_000
    entry = AuditEntry.objects.filter(action="swap-meter").get()
    assert (entry.subject, "burnt out" in entry.detail) == (ROOM, True)


def test_the_same_swap_again_is_nothing_new_and_with_other_content_it_is_quarantined(taker, twin):
    up(taker, twin, swapped(twin))
    revision = Building.objects.get(code="1").revision
    up(taker, twin, swapped(twin))
    assert (MeterSwap.objects.count(), Binding.objects.filter(meter__meter_no="m-900").count()) == (1, 1)
    assert Building.objects.get(code="1").revision == revision
    assert not QuarantinedRow.objects.exists()
    up(taker, twin, swapped(twin, first_wh=8_000))
    assert "different content" in QuarantinedRow.objects.get().reason


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"account": "2-101.1"}, "not one of this gateway's building"),
        ({"new_meter": "m-101"}, "another building's"),
        ({"old_meter": "m-101"}, "another building's"),
        ({"swap": "gw-2.e1.swap1"}, "not named by its originator"),
        ({"new_meter": "m/900"}, "letters, digits"),
        ({"binding": ""}, "no binding"),
        ({"first_wh": -1}, "below zero"),
    ],
)
def test_a_swap_that_is_not_this_buildings_or_can_not_be_is_quarantined_and_changes_nothing(
    taker, twin, changes, why
):
    before = bound(twin)
    up(taker, twin, swapped(twin, **changes))
    assert why in QuarantinedRow.objects.get().reason
    assert bound(twin) == before
    assert not MeterSwap.objects.exists()


def of_m_101(said):
    return msgspec.structs.replace(said, meter="m-101")


def used_by_m_101(twin):
    return of_m_101(twin.consumption(ROOM, 10, 7_000 + 10 * (twin.entries + 1)))


def test_a_meter_that_bills_nobody_elsewhere_may_be_put_in_here_with_all_that_is_said_of_it(taker, twin):
    """It was replaced in building 2 and mended; the list has it there still."""
    south = Account.objects.get(code="2-101.1")
    spare = Meter.objects.create(meter_no="m-102", building=south.point.room.building)
    Binding.objects.create(code="m-102.1", meter=spare, account=south, from_ms=NOW_MS - 1)
    used = used_by_m_101(twin)
    read = Readings([of_m_101(twin.reading(7_010).rows[0])])
    relay = of_m_101(twin.relay(True, RelayVerdict.CONFIRMED, ROOM))
    up(taker, twin, swapped(twin, new_meter="m-101"), used, read, relay)
    assert not QuarantinedRow.objects.exists()
    assert Meter.objects.get(meter_no="m-101").building.code == "1"
    assert ("m-101", ROOM, "gw-1.e1.swap1", 7_000) in bound(twin)
    assert GatewayEntry.objects.filter(entry=used.entry).exists()
    assert Reading.objects.filter(meter="m-101").exists()
    moved = AuditEntry.objects.get(action="move-meter")
    assert (moved.subject, moved.detail) == ("m-101", "2 to 1")
    up(taker, twin, used_by_m_101(twin))
    assert not QuarantinedRow.objects.exists()


def test_a_meter_of_a_closed_account_elsewhere_may_be_put_in_here_and_one_of_a_live_account_not(taker, twin):
    up(taker, twin, swapped(twin, new_meter="m-101"), used_by_m_101(twin))
    assert QuarantinedRow.objects.count() == 2
    assert Meter.objects.get(meter_no="m-101").building.code == "2"
    Account.objects.filter(code="2-101.1").update(state=Account.State.CLOSED)
    up(taker, twin, swapped(twin, new_meter="m-101"), used_by_m_101(twin))
    assert QuarantinedRow.objects.count() == 2
    assert Meter.objects.get(meter_no="m-101").building.code == "1"


def test_a_swap_back_makes_a_second_binding_of_the_first_meter(taker, twin):
    up(taker, twin, swapped(twin))
    back = swapped(
        twin,
        swap="gw-1.e1.swap2",
        binding="gw-1.e1.swap2",
        old_meter="m-900",
        new_meter="m-301",
        from_ms=NOW_MS + 1,
    )
    up(taker, twin, back)
    ties = [tie for tie in build(Gateway.objects.get(pk=twin.name), 99).bindings if tie.account == ROOM]
    assert max(ties, key=lambda tie: tie.from_ms).meter == "m-301"
    assert len(ties) == 3


def test_a_replaced_master_stays_master_of_its_group(taker, twin):
    set_groups("1", [GroupRule("g", GroupKind.FLOOR, "m-000", ["m-301"])], actor="t", now_ms=NOW_MS)
    up(taker, twin, swapped(twin, old_meter="m-000", new_meter="m-901", account=None, binding=""))
    up(taker, twin, swapped(twin, swap="gw-1.e1.swap2", binding="gw-1.e1.swap2", from_ms=NOW_MS + 5))
    rules = sorted(groups_of(Building.objects.get(code="1")), key=lambda rule: rule.from_ms)
    assert [(rule.master, rule.subs) for rule in rules] == [
        ("m-000", ["m-301"]), ("m-901", ["m-301"]), ("m-901", ["m-900"]),
    ]  # fmt: skip


def test_a_swap_once_told_is_never_changed(taker, twin):
    up(taker, twin, swapped(twin))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE link_meterswap SET last_wh = 1")


def register(twin, **changes):
    fact = Register(
        "m-301", NOW_MS, 60_000, 20, PeriodMethod.INTERPOLATED, twin.at(), ROOM, NOW_MS - 9, NOW_MS + 9
    )
    return msgspec.structs.replace(fact, **changes)


def test_a_periods_register_is_kept_once_and_completed_by_the_meters_own(taker, twin):
    up(taker, twin, register(twin), register(twin, own_wh=60_010))
    up(taker, twin, register(twin))
    kept = PeriodRegister.objects.get()
    assert (kept.register_wh, kept.uncertainty_wh, kept.method, kept.own_wh) == (
        60_000,
        20,
        "interpolated",
        60_010,
    )
    up(taker, twin, register(twin, register_wh=-1))
    assert "below zero" in QuarantinedRow.objects.get().reason
    assert last("configure") is None or order(last("configure"))


def tied(twin, register_wh=41_000, **changes):
    fact = MeterBound("m-301", ROOM, "m-301.1", register_wh, twin.at(), "68")
    return msgspec.structs.replace(fact, **changes)


def goes_on_from():
    opening = order(last("configure")).opening
    return opening.registers_wh, opening.billed_ms


def test_c_11_a_room_without_an_entry_goes_on_from_where_its_binding_began(taker, twin):
    """The card dies within the hour before the first entry; an entry that came with the binding counts more than it."""
    up(taker, twin, tied(twin))
    began_ms = BilledRegister.objects.get().at_ms
    rebuilt(taker, twin)
    assert goes_on_from() == ({"m-301": 41_000}, {"m-301": began_ms})
    up(taker, twin, tied(twin, 99_000))
    assert BilledRegister.objects.get().register_wh == 41_000, "a store without an opening knows less"
    answered(taker, twin, last("configure"))
    up(taker, twin, tied(twin, 41_500), twin.consumption(ROOM, 500, 42_000), tied(twin, 43_000))
    assert BilledRegister.objects.get().register_wh == 43_000
    assert not QuarantinedRow.objects.exists()


def test_c_11_the_binding_of_a_new_account_outlives_the_closed_one_that_the_meter_billed_before(taker, twin):
    """Somebody moves out and somebody moves in: until now the closed account kept the register, and no opening had it."""
    old = Account.objects.get(code=ROOM)
    up(taker, twin, twin.consumption(ROOM, 1_000, 41_000))
    Account.objects.filter(pk=old.pk).update(state=Account.State.CLOSED)
    new = Account.objects.create(code="1-301.2", point=old.point, opened_ms=NOW_MS)
    up(taker, twin, tied(twin, account=new.code, binding="m-301.2"))
    rebuilt(taker, twin)
    assert goes_on_from()[0] == {"m-301": 41_000}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"account": "2-101.1"}, "not one of this gateway's building"),
        ({"meter": "m-101"}, "another building's"),
        ({"register_wh": -1}, "no register"),
        ({"binding": ""}, "no name"),
    ],
)
def test_a_binding_that_is_not_this_buildings_or_can_not_be_is_quarantined(taker, twin, changes, why):
    up(taker, twin, tied(twin, **changes))
    assert why in QuarantinedRow.objects.get().reason
    assert not BilledRegister.objects.exists()
