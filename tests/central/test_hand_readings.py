"""The monthly readings by hand: entered, compared, closed, settled, checked, signed, supplemented (R-4.3.7, R-4.2.3)."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from central.campus.models import Building
from central.campus.operations import add_meter
from central.domain.hand_reading import DisplayFault
from central.domain.readings_compared import Settled, Verdict
from central.ledger.models import AuditEntry
from central.link.models import MeterSwap
from central.link.telemetry.models import Reading
from central.losses.case_models import Case
from central.losses.readings.agreeing import agreed_lines, ask_supplement
from central.losses.readings.closing import Refused as SheetRefused
from central.losses.readings.closing import SheetRefusal, check_sheet, close_sheet, return_sheet
from central.losses.readings.comparing import compare_now, groups_compared
from central.losses.readings.entering import Entry, EntryRefusal, Refused, enter
from central.losses.readings.history import last_values
from central.losses.readings.meters import sheet_meter, sheet_meters
from central.losses.readings.models import AgreedTable, HandReading, ReadingSheet, Settlement
from central.losses.readings.settling import Said, SettleRefusal, settle
from central.losses.readings.sheets import lines_of, period_now, progress_of
from central.office import approvals
from central.office.models import Approval, User
from tests.central.reading_steps import (
    DAY_MS,
    HOUR_MS,
    MASTER,
    PERIOD,
    READ_MS,
    STOOD,
    UNTIL_MS,
    all_read,
    entered,
    metered,
    people,
    registers,
    sheet_place,
)

NOW_MS = READ_MS + DAY_MS


@pytest.fixture
def building(campus: None, settings: object, tmp_path: Path) -> Building:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return metered()


@pytest.fixture
def staff(building: Building) -> tuple[User, User, User]:
    return people()


def closed(building: Building, wu: User) -> ReadingSheet:
    done = close_sheet(sheet_place(building).sheet.pk, actor=wu, now_ms=NOW_MS)
    assert isinstance(done, ReadingSheet), done
    return done


def by_meter(building: Building) -> dict[str, object]:
    return {one.line.meter.meter: one for one in compare_now(sheet_place(building), NOW_MS)}


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG")
    return file.getvalue()


def test_the_sheet_lists_each_meter_that_hangs_there_in_walking_order(building):
    assert [one.meter for one in sheet_meters(building, READ_MS)] == [MASTER, "m-301", "m-302"]
    assert sheet_meters(building, READ_MS)[0].masters_of == ("house",)


def test_one_meter_is_found_as_the_whole_sheet_has_it(building):
    swap(building, "m-301", "m-777", STOOD["m-301"], 500, READ_MS - DAY_MS)
    add_meter("m-spare", "1", actor="t", now_ms=READ_MS)
    for at_ms in (READ_MS - 2 * DAY_MS, READ_MS):
        listed = {one.meter: one for one in sheet_meters(building, at_ms)}
        for meter in (MASTER, "m-301", "m-302", "m-777", "m-101", "m-spare", "nobody"):
            assert sheet_meter(building, meter, at_ms) == listed.get(meter), (meter, at_ms)


def test_the_sheet_of_the_days_around_a_periods_end_is_that_periods():
    assert [period_now(UNTIL_MS + days * DAY_MS).name for days in (-10, -1, 0, 4, 14)] == [
        "period:2026-11"
    ] * 5
    assert period_now(UNTIL_MS + 15 * DAY_MS).name == "period:2026-12"


def test_an_entry_is_a_row_and_the_last_one_counts(building, staff):
    wu = staff[0]
    entered(building, wu, "m-301", "1234.00")
    entered(building, wu, "m-301", "1234.56")
    again = entered(building, wu, "m-301", "1234.00")  # the phone sends the first once more
    assert again.register_wh == 1_234_000
    assert HandReading.objects.count() == 2
    line = lines_of(sheet_place(building), NOW_MS)[1]
    assert (line.reading.register_wh, line.entries) == (1_234_560, 2)
    assert AuditEntry.objects.filter(action="read-meter").count() == 2
    other = entered(building, wu, "m-301", "1234.99", step="m-301-1234.00")
    assert other == Refused(EntryRefusal.EXISTS_WITH_DIFFERENT, "m-301"), (
        "another figure under its id is not lost"
    )


@pytest.mark.parametrize(
    ("meter", "typed", "more", "why"),
    [
        ("m-301", "1 234,56", {}, DisplayFault.SEPARATORS),
        ("m-301", "", {}, DisplayFault.EMPTY),
        ("m-301", "12", {"unreadable": "dark"}, EntryRefusal.NO_WORDS),
        ("m-301", "", {"unreadable": "ghosts"}, EntryRefusal.NO_WORDS),
        ("m-301", "1", {"found_meter": "m-301"}, EntryRefusal.SAME_NUMBER),
        ("m-999", "1", {}, EntryRefusal.UNKNOWN_METER),
        ("m-301", "1", {"photos": [b"GIF"]}, EntryRefusal.PHOTO_NOT_A_PICTURE),
    ],
)
def test_what_is_no_entry_is_refused_by_name_and_nothing_is_kept(building, staff, meter, typed, more, why):
    done = entered(building, staff[0], meter, typed, **more)
    assert isinstance(done, Refused)
    assert done.why is why
    assert HandReading.objects.count() == 0


def test_another_figure_under_the_same_name_does_not_vanish(building, staff):
    first = Entry(step="s", meter="m-301", typed="1234.00", at_ms=READ_MS)
    other = Entry(step="s", meter="m-301", typed="1234.56", at_ms=READ_MS)
    made = [enter(building, PERIOD, one, actor=staff[0], now_ms=NOW_MS) for one in (first, first, other)]
    assert made[0] == made[1]
    assert made[2] == Refused(EntryRefusal.EXISTS_WITH_DIFFERENT, "m-301")


def test_who_serves_another_building_reads_nothing_here(building, staff):
    other = Building.objects.get(code="2")
    assert entered(other, staff[0], "m-101", "1").why is EntryRefusal.NOT_HIS_BUILDING


def test_a_doubtful_value_is_kept_as_a_question_until_it_is_confirmed(building, staff):
    wu = staff[0]
    all_read(building, wu)
    agree(building, staff)
    december = enter_december(building, wu, "m-301", "1200.00")
    assert december.doubts == ["below-last"]
    assert december.is_questioned
    confirmed = enter_december(building, wu, "m-301", "1200.00", words="new display, I looked twice")
    assert confirmed.doubts == ["below-last"]
    assert not confirmed.is_questioned


def enter_december(building, actor, meter, typed, **more):
    from central.domain.periods import accounting_period
    from central.losses.readings.entering import Entry, enter

    at_ms = READ_MS + 30 * DAY_MS
    entry = Entry(f"dec-{meter}-{typed}-{len(more)}", meter, typed, at_ms=at_ms, **more)
    done = enter(building, accounting_period(2026, 12), entry, actor=actor, now_ms=at_ms)
    assert isinstance(done, HandReading), done
    return done


def test_another_number_on_the_meter_opens_a_case_with_its_photograph_and_counts_no_value(building, staff):
    done = entered(
        building, staff[0], "m-301", "77.00", found_meter="m-302", words="crossed?", photos=[picture()]
    )
    assert (done.register_wh, done.unreadable) == (None, "other-meter")
    case = Case.objects.get(kind=Case.Kind.METER)
    assert (case.key, case.room.label) == ("meter:m-301", "301")
    step = case.steps.get()
    assert step.facts == {"listed": "m-301", "found": "m-302", "register_wh": 77_000, "known_in": "1"}
    assert step.photos == done.photos
    assert by_meter(building)["m-301"].verdict is Verdict.OTHER_METER


def test_a_reading_stands_beside_the_register_of_its_own_instant(building, staff):
    all_read(building, staff[0], m302="2000.50")
    found = by_meter(building)
    assert (found["m-301"].verdict, found["m-301"].difference_wh) == (Verdict.AGREES, 0)
    assert found["m-301"].automatic.register_wh == STOOD["m-301"]
    assert (found["m-302"].verdict, found["m-302"].difference_wh) == (Verdict.DIFFERS, 500)


def test_transposed_digits_are_named(building, staff):
    all_read(building, staff[0], m301="1243.56")
    slips = by_meter(building)["m-301"].slips
    assert (slips[0].slip, slips[0].places, slips[0].meant_wh) == ("transposed", (3, 4), 1_234_560)


def test_two_exchanged_meters_are_named(building, staff):
    all_read(building, staff[0], m301="2000.00", m302="1234.56")
    found = by_meter(building)
    assert found["m-301"].slips[0].meter == "m-302"
    assert found["m-302"].slips[0].meter == "m-301"


def test_a_register_that_came_before_the_reading_only_is_late(building, staff):
    from central.link.telemetry.models import Reading

    Reading.objects.filter(meter="m-301", wall_ms__gt=READ_MS).delete()
    all_read(building, staff[0])
    assert by_meter(building)["m-301"].verdict is Verdict.LATE
    registers("m-301", STOOD["m-301"], (1,))
    assert by_meter(building)["m-301"].verdict is Verdict.AGREES


def test_what_comes_after_the_closing_and_differs_is_a_case_at_the_check(building, staff):
    from central.link.telemetry.models import Reading

    wu, hu, _fang = staff
    Reading.objects.filter(meter="m-301", wall_ms__gt=READ_MS).delete()
    all_read(building, wu, m301="1239.00")
    sheet = closed(building, wu)
    assert not Case.objects.exists()
    registers("m-301", STOOD["m-301"], (1,))
    refused = check_sheet(sheet.pk, "x", "k", actor=hu, now_ms=NOW_MS)
    assert refused == SheetRefused(SheetRefusal.DISAGREES, 1)
    assert Case.objects.get().key == "reading:m-301:period:2026-11"
    assert isinstance(entered(building, wu, "m-301", "1234.56", step="again"), HandReading)
    assert isinstance(check_sheet(sheet.pk, "x", "k", actor=hu, now_ms=NOW_MS), Approval)


def test_without_polled_readings_the_totals_of_the_balances_stand_in(building, staff):
    from central.link.telemetry.models import InstantTotal, Reading

    Reading.objects.filter(meter="m-301").delete()
    for hour in (-1, 1):
        InstantTotal.objects.create(
            gateway="gw-1",
            epoch="e",
            meter="m-301",
            at_ms=READ_MS + hour * HOUR_MS,
            total_wh=STOOD["m-301"] + 5_000 + hour * 60,
            offset_wh=5_000,
            step_wh=10,
        )
    all_read(building, staff[0])
    assert by_meter(building)["m-301"].verdict is Verdict.AGREES


def test_a_sheet_closes_only_when_every_meter_has_its_entry(building, staff):
    wu = staff[0]
    entered(building, wu, "m-301", "1234.56")
    sheet = sheet_place(building).sheet
    assert close_sheet(sheet.pk, actor=wu, now_ms=NOW_MS) == SheetRefused(SheetRefusal.NOT_ALL_READ, 2)
    entered(building, wu, MASTER, "90000.00")
    entered(building, wu, "m-302", "", unreadable="dark")
    assert progress_of(lines_of(sheet_place(building), NOW_MS)).missing == 0
    closed(building, wu)
    assert entered(building, wu, "m-301", "9.99").why is EntryRefusal.NOT_OPEN


def test_a_disagreement_is_a_case_until_the_meter_is_read_again_and_agrees(building, staff):
    wu = staff[0]
    all_read(building, wu, m301="1243.56")
    sheet = closed(building, wu)
    case = Case.objects.get(kind=Case.Kind.READING)
    assert (case.key, case.building) == ("reading:m-301:period:2026-11", building)
    assert check_sheet(sheet.pk, "right", "k", actor=staff[1], now_ms=NOW_MS) == SheetRefused(
        SheetRefusal.DISAGREES, 1
    )
    still = entered(building, wu, "m-301", "1243.57", step="second")
    assert isinstance(still, HandReading)
    assert Settlement.objects.count() == 0
    assert isinstance(
        entered(building, wu, "m-301", "1234.56", step="third", photos=[picture()]), HandReading
    )
    case.refresh_from_db()
    assert (case.state, case.finding) == ("closed", "reading")
    assert Settlement.objects.get().how == "read-again"
    assert entered(building, wu, "m-301", "1.00", step="fourth").why is EntryRefusal.NOT_OPEN


@pytest.mark.parametrize(
    ("how", "agreed_wh", "source", "finding"),
    [
        (Settled.READING_WRONG, STOOD["m-301"], "automatic", "reading"),
        (Settled.AUTOMATIC_WRONG, 1_300_000, "hand", "meter"),
        (Settled.FAULTY, 1_300_000, "hand", "meter"),
    ],
)
def test_a_person_says_which_of_the_two_was_wrong(building, staff, how, agreed_wh, source, finding):
    wu = staff[0]
    all_read(building, wu, m301="1300.00")
    sheet = closed(building, wu)
    assert settle(sheet.pk, Said("s", "m-301", how, " "), actor=wu, now_ms=NOW_MS) is SettleRefusal.NO_WORDS
    other = settle(sheet.pk, Said("s", "m-302", how, "so"), actor=wu, now_ms=NOW_MS)
    assert other is SettleRefusal.NOT_DIFFERENT
    assert isinstance(
        settle(sheet.pk, Said("s", "m-301", how, "looked"), actor=wu, now_ms=NOW_MS), Settlement
    )
    line = by_meter(building)["m-301"]
    assert (line.agreed_wh, line.source, line.stands) == (agreed_wh, source, False)
    assert Case.objects.get(kind=Case.Kind.READING).finding == finding


def agree(building: Building, staff: tuple[User, User, User]) -> AgreedTable:
    wu, hu, fang = staff
    sheet = sheet_place(building).sheet
    if sheet.state == ReadingSheet.State.OPEN:
        closed(building, wu)
    asked = check_sheet(sheet.pk, "compared", "key", actor=hu, now_ms=NOW_MS)
    assert isinstance(asked, Approval), asked
    done = approvals.sign(asked.number, approve=True, reason="", actor=fang, now_ms=NOW_MS + 1)
    assert isinstance(done, Approval), done
    assert done.state == Approval.State.APPROVED, done.outcome
    return AgreedTable.objects.get(sheet=sheet)


def test_a_checked_sheet_is_signed_and_filed_line_by_line(building, staff):
    all_read(building, staff[0])
    table = agree(building, staff)
    assert (table.number, table.asked_by, table.signed_by, table.read_by) == (1, "hu", ["fang"], "wu")
    lines = {one.meter: one for one in table.lines.all()}
    assert lines["m-301"].agreed_wh == lines["m-301"].automatic_wh == STOOD["m-301"]
    assert (lines["m-301"].source, lines[MASTER].is_master) == ("both", True)
    sheet = sheet_place(building).sheet
    assert sheet.state == ReadingSheet.State.AGREED
    assert entered(building, staff[0], "m-301", "1.00", step="late").why is EntryRefusal.NOT_OPEN
    assert return_sheet(sheet.pk, "no", actor=staff[1], now_ms=NOW_MS) == SheetRefused(
        SheetRefusal.NOT_CLOSED
    )


def test_who_read_neither_checks_nor_signs(building, staff):
    wu, hu, _fang = staff
    wu.role = User.Role.DIRECTOR
    wu.save()
    all_read(building, wu)
    sheet = closed(building, wu)
    assert check_sheet(sheet.pk, "x", "k", actor=wu, now_ms=NOW_MS) == SheetRefused(SheetRefusal.OWN_SHEET)
    asked = check_sheet(sheet.pk, "x", "k", actor=hu, now_ms=NOW_MS)
    refused = approvals.sign(asked.number, approve=True, reason="", actor=wu, now_ms=NOW_MS)
    assert refused is approvals.ApprovalRefusal.OWN_MATTER


def test_a_sheet_is_given_back_with_the_reason_and_read_on(building, staff):
    wu, hu, _fang = staff
    all_read(building, wu)
    sheet = closed(building, wu)
    assert return_sheet(sheet.pk, "", actor=hu, now_ms=NOW_MS) == SheetRefused(SheetRefusal.NO_REASON)
    given = return_sheet(sheet.pk, "302 looks odd", actor=hu, now_ms=NOW_MS)
    assert (given.state, given.returned) == ("open", "302 looks odd")
    assert isinstance(entered(building, wu, "m-302", "2000.00", step="again"), HandReading)


def test_a_rejected_table_can_be_given_back_or_asked_again(building, staff):
    wu, hu, fang = staff
    all_read(building, wu)
    sheet = closed(building, wu)
    asked = check_sheet(sheet.pk, "x", "k", actor=hu, now_ms=NOW_MS)
    waits = SheetRefused(SheetRefusal.WAITS)
    assert return_sheet(sheet.pk, "x", actor=hu, now_ms=NOW_MS) == waits
    assert check_sheet(sheet.pk, "x", "k2", actor=hu, now_ms=NOW_MS) == waits
    approvals.sign(asked.number, approve=False, reason="look again", actor=fang, now_ms=NOW_MS)
    assert isinstance(check_sheet(sheet.pk, "x", "k3", actor=hu, now_ms=NOW_MS), Approval)


def test_a_supplement_stands_beside_what_was_signed(building, staff):
    wu, hu, fang = staff
    all_read(building, wu)
    table = agree(building, staff)
    assert ask_supplement(table.pk, "m-9", "1", "x", "s", actor=hu, now_ms=NOW_MS) is None
    asked = ask_supplement(
        table.pk, "m-301", "1240.00", "photo found", "s1", actor=hu, now_ms=NOW_MS + DAY_MS
    )
    assert (
        approvals.sign(asked.number, approve=True, reason="", actor=fang, now_ms=NOW_MS + 2 * DAY_MS).state
        == Approval.State.APPROVED
    )
    assert table.lines.get(meter="m-301").agreed_wh == STOOD["m-301"]
    assert agreed_lines(table.sheet)["m-301"].agreed_wh == 1_240_000
    second = AgreedTable.objects.get(number=2)
    assert (second.agreed_ms - table.agreed_ms, second.why) == (2 * DAY_MS - 1, "photo found")
    known = last_values(READ_MS, ["m-301"], READ_MS)["m-301"]
    assert known.register_wh == 1_240_000


def test_two_supplements_at_once_are_one_and_one_that_is_asked_again(building, staff):
    _wu, hu, fang = staff
    all_read(building, staff[0])
    table = agree(building, staff)
    asked = [
        ask_supplement(table.pk, "m-301", typed, "photo", typed, actor=hu, now_ms=NOW_MS + DAY_MS)
        for typed in ("1240.00", "1250.00")
    ]
    ended = [
        approvals.sign(one.number, approve=True, reason="", actor=fang, now_ms=NOW_MS + 2 * DAY_MS).state
        for one in asked
    ]
    assert ended == [Approval.State.APPROVED, Approval.State.FAILED]
    assert AgreedTable.objects.count() == 2


def test_the_next_month_counts_from_what_was_agreed(building, staff):
    all_read(building, staff[0])
    agree(building, staff)
    for meter, stood_wh in STOOD.items():
        registers(meter, stood_wh + (30_000 if meter != MASTER else 70_000), (720, 722))
        enter_december(
            building, staff[0], meter, f"{(stood_wh + (30_000 if meter != MASTER else 70_000)) / 1000:.2f}"
        )
    from central.domain.periods import accounting_period
    from central.losses.readings.sheets import place_of

    place = place_of(building, accounting_period(2026, 12))
    found = compare_now(place, READ_MS + 31 * DAY_MS)
    assert [one.use_wh for one in found] == [70_000, 30_000, 30_000]
    (group,) = groups_compared(place, found)
    assert group.by_hand.balance.unexplained_wh == 70_000 - 60_000 - 1_400
    assert group.by_hand.is_beyond
    sheet = close_sheet(place.sheet.pk, actor=staff[0], now_ms=READ_MS + 31 * DAY_MS)
    assert isinstance(sheet, ReadingSheet)
    case = Case.objects.get(kind=Case.Kind.LOSS)
    assert case.key == "loss:1:house"


def test_a_register_that_began_anew_counts_on_by_hand_and_by_the_gateway(building, staff):
    from central.link.models import PeriodRegister
    from central.link.operations import enrol_gateway

    Reading.objects.filter(meter="m-302").delete()
    registers("m-302", 20_000)
    enrol_gateway("gw-1", "1", "00" * 32, actor="t", now_ms=READ_MS)
    begins_ms = sheet_place(building).from_ms
    for period_ms, register_wh in ((begins_ms - 30 * DAY_MS, 999_900_000), (begins_ms, 999_995_000)):
        PeriodRegister.objects.create(
            gateway_id="gw-1",
            account="1-302.1",
            meter="m-302",
            period_ms=period_ms,
            register_wh=register_wh,
            method="read",
            uncertainty_wh=0,
            at_ms=period_ms,
            from_ms=period_ms,
            to_ms=period_ms,
        )
    assert entered(building, staff[0], "m-302", "20.00").doubts == ["rolled-over"]
    line = next(
        one for one in compare_now(sheet_place(building), READ_MS + 1000) if one.line.meter.meter == "m-302"
    )
    assert (line.use_wh, line.automatic_use_wh) == (25_000, 25_000)


def test_a_meter_replaced_in_between_counts_what_both_used(building, staff):
    wu = staff[0]
    all_read(building, wu)
    agree(building, staff)
    at_ms = READ_MS + 10 * DAY_MS
    swap(building, "m-301", "m-777", STOOD["m-301"] + 12_000, 500, at_ms)
    last = last_values(UNTIL_MS, ["m-777"], at_ms + DAY_MS)["m-777"]
    assert (last.register_wh, last.used_before_wh, last.swapped) == (500, 12_000, ("m-301",))
    done = enter_december(building, wu, "m-777", "8.50")
    assert done.doubts == []
    from central.domain.periods import accounting_period
    from central.losses.readings.sheets import place_of

    found = compare_now(place_of(building, accounting_period(2026, 12)), READ_MS + 31 * DAY_MS)
    line = next(one for one in found if one.line.meter.meter == "m-777")
    assert line.use_wh == 12_000 + 8_000
    assert "m-301" not in {one.line.meter.meter for one in found}


def swap(building: Building, old: str, new: str, last_wh: int, first_wh: int, at_ms: int) -> None:
    from central.campus.models import Account
    from central.campus.operations import bind_meter
    from central.link.operations import enrol_gateway

    enrol_gateway("gw-1", "1", "00" * 32, actor="t", now_ms=at_ms)
    add_meter(new, "1", actor="t", now_ms=at_ms)
    account = Account.objects.get(bindings__meter__meter_no=old)
    bound = bind_meter(new, account.code, at_ms, first_wh, actor="t", now_ms=at_ms)
    MeterSwap.objects.create(
        swap="s1",
        gateway_id="gw-1",
        account=account.code,
        binding=bound.code,
        old_meter=old,
        new_meter=new,
        last_wh=last_wh,
        first_wh=first_wh,
        by="wu",
        why="dark",
        from_ms=at_ms,
        at_ms=at_ms,
        at_trusted=True,
        last_at_ms=at_ms,
        received_ms=at_ms,
    )
    building.refresh_from_db()


def test_the_period_of_the_steps_is_the_procedures():
    assert (PERIOD.first.isoformat(), PERIOD.last.isoformat()) == ("2026-10-26", "2026-11-25")
