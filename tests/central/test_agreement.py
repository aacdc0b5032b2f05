"""The bridge over two periods, K/3's vouchers as a source, and what comes after a lock (R-4.1.9)."""

from dataclasses import replace

import pytest

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.agreement_rows import Grain, Row
from central.domain.four_way import LineState, LineUnit, Party
from central.domain.k3_map import rows_to_json
from central.domain.k3_rows import K3Kind
from central.domain.periods import accounting_period_of, day_before
from central.link.models import Gateway, GatewayEntry, MirrorBalance, WatermarkCheck
from central.losses.readings.models import AgreedReading, AgreedTable, ReadingSheet
from central.office.acts import Approved
from central.office.models import User
from central.papers.accounting import instants_of, last_over
from central.reports.agreement import bridge
from central.reports.agreement.content import BuildingContent, LineContent, LineKey, PartyRows, pack
from central.reports.agreement.gathering import compared, gather
from central.reports.agreement.given import ours
from central.reports.agreement.locked_before import locked_before, put_locked
from central.reports.agreement.looking import look, seen
from central.reports.agreement.models import (
    AgreementKept,
    AgreementLock,
    OutsideList,
    OutsideRow,
    Standing,
)
from central.reports.agreement.problems import late_agreements
from central.reports.agreement.signing import SignRefusal, ask_for_signatures, carry_out, keep
from central.reports.agreement.telling import due_day
from central.reports.agreement.verification import verify_agreements
from central.reports.books.locks import lock
from central.reports.books.queries import account_periods
from central.reports.k3.imports import import_file, read_file
from central.reports.k3.models import K3Map
from central.reports.meetings.problems import Counted
from central.workshop.replacements.models import TrueUp
from central.workshop.replacements.true_ups import check, tell
from tests.browser import seed, seed_agreement, seed_k3

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HOUR_MS, DAY_MS = seed_agreement.HOUR_MS, 86_400_000


@pytest.fixture
def building(db: None) -> Building:
    seed.people()
    seed.campus(buildings=1, rooms=6)
    seed_agreement.people_of_agreement()
    return Building.objects.get(code="1")


def lines_of(building: Building, period):
    content = compared(gather(period, ["1"], clock.now_ms()), building)
    return {one.key.value: one for one in content.lines}, content


def state(content, key: str) -> LineState:
    return content.get(key).line("1", content.period).state


def test_the_next_period_begins_with_what_was_locked_and_takes_what_came_late(building):
    second = last_over(clock.now_ms())
    first = accounting_period_of(day_before(second))
    seed_agreement.a_period("1", first)
    look(first, ["1"], clock.now_ms())
    found = seen(building, first)
    assert state(found.content, "bridge") is LineState.AGREES
    earlier = accounting_period_of(day_before(first))
    now_ms, cashier = clock.now_ms(), User.objects.get(username="cashier")
    lock("1", earlier, actor="seed", now_ms=now_ms)
    approved = Approved(7, cashier, (User.objects.get(username="director"),), "同意", now_ms)
    assert carry_out(keep(found, now_ms), approved) == ""
    closing = found.content.get("bridge").rows_of(Party.CLOSING)
    account = seed_agreement.accounts_of("1")[0]
    newest = GatewayEntry.objects.filter(account=account.code).order_by("seq").last()
    told = seed_agreement.Told(account, 9_000_000)
    told.balance, told.carried = newest.lines[0][3], newest.carried_nano_yuan
    told.use(700, instants_of(first)[1] - HOUR_MS, received_ms=now_ms + 1_000)
    lines, content = lines_of(building, second)
    opening = lines["bridge"].rows_of(Party.OPENING)
    assert {(one.id, one.amount) for one in opening} == {(one.id, one.amount) for one in closing}
    (late,) = [one for one in lines["bridge"].rows_of(Party.CONSUMPTION) if one.booked]
    assert (late.place, late.day, late.booked) == ("1-101", first.last, campus_day(now_ms))
    assert state(content, "bridge") is LineState.AGREES


def test_vouchers_of_k3_are_takings_only_where_money_came_in(building):
    period = last_over(clock.now_ms())
    now_ms, finance = clock.now_ms(), User.objects.get(username="finance")
    rows = rows_to_json(seed_k3.rows())
    K3Map.objects.create(
        from_day=period.first, rows=rows, approval=1, asked_by=finance, why="x", at_ms=now_ms
    )
    cash, customer, use = "1001.01", "2203.01", "6051.01"
    day = period.first.isoformat()
    journal = (
        "日期,凭证字号,摘要,科目代码,核算项目,借方,贷方\n"
        f"{day},记-1,收款,{cash},,900.00,\n,,收款,{customer},部门---1---1号楼,,880.00\n,,收款,{customer},部门---7---七号楼,,20.00\n"
        f"{day},记-2,用电,{customer},部门---1---1号楼,55.00,\n,,用电,{use},,,55.00\n"
        f"{day},记-3,退费,{customer},部门---1---1号楼,30.00,\n,,退费,{cash},,,30.00\n"
    )
    days = (period.first, period.last)
    import_file(
        read_file(journal.encode("gbk"), K3Kind.VOUCHERS, days), "k3.csv", actor=finance, now_ms=now_ms
    )
    gathered = gather(period, ["1"], now_ms)
    k3 = gathered.given[Party.K3]
    assert [(row.building, row.amount) for row in k3.rows] == [("1", 88_000), ("", 2_000)]
    assert k3.frames["1", period.name].grain is Grain.DAYS


def test_the_pack_counts_an_agreement_as_late_from_the_day_after_its_due_day_until_it_is_locked(building):
    period = accounting_period_of(day_before(last_over(clock.now_ms())))
    late_ms = clock.start_of_day_ms(due_day(period)) + DAY_MS
    Standing.objects.create(building=building, period=period.name, lines=[{"rows": 3}])
    assert late_agreements(late_ms - 2 * DAY_MS, late_ms) == Counted(0, 0, 0)
    assert late_agreements(late_ms - DAY_MS, late_ms + 1) == Counted(1, 0, 1)
    assert late_agreements(late_ms + 1, late_ms + DAY_MS) == Counted(0, 0, 1)
    kept = AgreementKept.objects.create(
        building=building, period=period.name, digest="d", content=b"", explained=b"", seal="s", at_ms=late_ms
    )
    AgreementLock.objects.create(
        building=building, period=period.name, kept=kept, approval=7, asked_by="a", signed_by=[], at_ms=late_ms + DAY_MS
    )  # fmt: skip
    assert late_agreements(late_ms + DAY_MS, late_ms + 2 * DAY_MS) == Counted(0, 1, 0)
    assert late_agreements(late_ms, late_ms + DAY_MS) == Counted(1, 0, 1)


def test_what_lies_long_untouched_or_was_replaced_by_an_opening_is_told_rightly(building):
    """Hundreds of settlements of one bucket don't hide another one; what a rebuilt store had used is billed after its opening."""
    period = last_over(clock.now_ms())
    from_ms, until_ms = instants_of(period)
    account = seed_agreement.accounts_of("1")[0]
    told = seed_agreement.Told(account, 1_000)
    told.credit(40_000_000, from_ms - 40 * 24 * HOUR_MS)
    last = GatewayEntry.objects.get(entry=f"{told.gateway.pk}.past.1001")
    common = {
        name: getattr(last, name)
        for name in ("gateway", "account", "cause", "at_trusted", "boot", "monotonic_ms")
    }
    GatewayEntry.objects.bulk_create(
        GatewayEntry(
            entry=f"s{n}", epoch="past", seq=2_000 + n, kind="consumption", at_ms=from_ms - (600 - n) * HOUR_MS, energy_wh=1,
            micro_yuan_per_kwh=1_000_000, carried_nano_yuan=0, lines=[["subsidy", "yuan", -1_000, 900_000 - n * 1_000]],
            booked=True, received_ms=from_ms - (600 - n) * HOUR_MS, **common,
        )
        for n in range(500)
    )  # fmt: skip
    MirrorBalance.objects.create(
        gateway=last.gateway, account=account.code, bucket="paid", unit="yuan", amount=40_000_000
    )
    told.seq = 5_000
    GatewayEntry.objects.create(
        entry="lost", epoch="new", seq=1, kind="consumption", at_ms=from_ms + HOUR_MS, energy_wh=700, booked=False,
        micro_yuan_per_kwh=1_000_000, carried_nano_yuan=0, lines=[["paid", "yuan", -700_000, -700_000]],
        received_ms=from_ms + HOUR_MS, **common,
    )  # fmt: skip
    told.use(2_000, from_ms + 9 * HOUR_MS)
    told.use(50, until_ms + HOUR_MS)
    lines, content = lines_of(building, period)
    (opening,) = lines["bridge"].rows_of(Party.OPENING)
    assert opening.amount == 40_000_000 + 401_000
    assert [one.amount for one in lines["bridge"].rows_of(Party.CONSUMPTION)] == [2_000 * 558_300 // 1_000]
    assert state(content, "bridge") is LineState.AGREES


def test_a_table_in_which_no_meter_was_read_is_no_word_of_the_electrician(building):
    """What was signed for it from the registers is theirs: the line is missing a party, and never agrees."""
    period = last_over(clock.now_ms())
    now_ms = clock.now_ms()
    from_ms, until_ms = instants_of(period)
    sheet = ReadingSheet.objects.create(
        building=building, period=period.name, from_ms=from_ms, until_ms=until_ms
    )
    table = AgreedTable.objects.create(sheet=sheet, number=1, approval=1, asked_by="anna", agreed_ms=now_ms)
    AgreedReading.objects.create(
        table=table, place=1, meter="m1", room="1-101", verdict="no-hand", source="automatic", agreed_ms=now_ms,
        automatic_wh=9_000, automatic_use_wh=500, agreed_wh=9_000, use_wh=500,
    )  # fmt: skip
    _lines, content = lines_of(building, period)
    assert content.get("energy").line("1", period.name).missing == (Party.ELECTRICIAN,)


def test_what_came_late_to_a_locked_period_does_not_go_again_in_the_next_one(building):
    """Its row stands in no list of that period's: that is no change since the lock."""
    second = last_over(clock.now_ms())
    first = accounting_period_of(day_before(second))
    row = Row("p1", "1", first.name, first.first, 5_000, "1-101")
    late = replace(row, id="late p0", amount=700, booked=first.last)
    lines = (LineContent(LineKey.MONEY, LineUnit.FEN, (), (), (PartyRows(Party.CARD_ROOM, (row, late)),)),)
    content = pack(BuildingContent("1", "1", first.name, *instants_of(first), lines))
    kept = AgreementKept.objects.create(
        building=building, period=first.name, digest="d", content=content, explained=b"", seal="s", at_ms=1
    )
    AgreementLock.objects.create(
        building=building,
        period=first.name,
        kept=kept,
        approval=1,
        asked_by="a",
        signed_by=[],
        why="x",
        at_ms=1,
    )
    given = ours(Party.CARD_ROOM, [row], [("1", first.name), ("1", second.name)])
    put_locked({Party.CARD_ROOM: given}, locked_before(first, [building]).values(), second)
    assert given.rows == [row, late]
    came = replace(row, id="p2", amount=90)
    given = ours(Party.CARD_ROOM, [row, came], [("1", first.name), ("1", second.name)])
    put_locked({Party.CARD_ROOM: given}, locked_before(first, [building]).values(), second)
    assert [(one.id, one.period, one.amount) for one in given.rows[2:]] == [("late p2", second.name, 90)]


def test_a_list_whose_rows_are_others_is_named(building):
    period = last_over(clock.now_ms())
    seed_agreement.brought_in(
        seed_agreement.readings_list({"1-101": 500}), Party.ELECTRICIAN, Grain.PLACES, period, "x"
    )
    assert verify_agreements().holds
    made = OutsideList.objects.get()
    OutsideRow.objects.create(made=made, row=9, building=building, day=period.last, amount=7)
    assert verify_agreements().fault == f"list {made.pk}: its rows are not those that were brought in"


def test_that_a_gateway_was_heard_does_not_prove_that_its_rows_are_here(building):
    """After an outage they come hours later: balances of the edge are known when a row from after it is."""
    until_ms = clock.now_ms() + 24 * HOUR_MS
    Gateway.objects.update(last_seen_ms=until_ms + HOUR_MS)
    gateway = Gateway.objects.get()
    assert GatewayEntry.objects.filter(gateway=gateway).exists()
    assert not bridge.has_told(gateway, until_ms)
    WatermarkCheck.objects.create(
        gateway=gateway, epoch="e1", seq=99, last_command=1, at_ms=until_ms, checked_ms=until_ms, accounts=1
    )
    assert bridge.has_told(gateway, until_ms)


def test_a_true_up_holds_the_signatures_up_and_the_bridge_ties_with_it(building):
    period = last_over(clock.now_ms())
    seed_agreement.a_period("1", period)
    now_ms, finance = clock.now_ms(), User.objects.get(username="finance")
    lock("1", accounting_period_of(day_before(period)), actor="seed", now_ms=now_ms)
    until_ms = instants_of(period)[1]
    for number, wh in enumerate((1_000, -500)):
        account = seed_agreement.accounts_of("1")[number]
        TrueUp.objects.create(
            interval=f"control:{number}", account=account, kind="control", building=building,
            from_ms=until_ms - DAY_MS, to_ms=until_ms - HOUR_MS, unit="yuan", energy_wh=wh, low_wh=wh, high_wh=wh,
            amount=wh * 500, method="person", hours=[wh], state="computed", computed_ms=now_ms,
        )  # fmt: skip
    cashier = User.objects.get(username="cashier")
    held = ask_for_signatures(building, period, "", "", actor=cashier, now_ms=now_ms)
    assert held is SignRefusal.TRUE_UPS
    for row in TrueUp.objects.all():
        check(row.pk, f"c{row.pk}", None, actor=finance, now_ms=now_ms)
        tell(row.pk, f"t{row.pk}", "slip", actor=cashier, now_ms=now_ms)
    assert set(TrueUp.objects.values_list("state", flat=True)) == {"told"}
    _lines, content = lines_of(building, period)
    assert state(content, "bridge") is LineState.AGREES
    assert (
        ask_for_signatures(building, period, "", "", actor=cashier, now_ms=now_ms) is not SignRefusal.TRUE_UPS
    )
    (row,) = [
        one for one in account_periods(period, "1") if one.account == seed_agreement.accounts_of("1")[0].code
    ]
    assert row.outside == -500_000, "owed outside the credit, in the period in which it was used"
