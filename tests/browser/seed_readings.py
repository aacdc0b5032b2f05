"""Readings by hand in every state: registers around now, an electrician, sheets being read, in dispute and agreed."""

import uuid

from central import clock
from central.campus.meter_groups import groups_of, set_groups
from central.campus.models import Building
from central.campus.operations import add_meter
from central.domain.periods import Period
from central.link.models import PeriodRegister
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import Reading
from central.losses.readings.closing import check_sheet, close_sheet
from central.losses.readings.entering import Entry, enter
from central.losses.readings.meters import sheet_meters
from central.losses.readings.models import HandReading, ReadingSheet
from central.losses.readings.sheets import period_now, place_of
from central.office import approvals
from central.office.models import Approval, User
from central.papers.accounting import instants_of
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import GroupKind, GroupRule
from tests.browser.own_site import PASSWORD

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def people_of_readings() -> None:
    """Make Wu, an electrician of all buildings."""
    User.objects.create_user("wu", password=PASSWORD, first_name="伍师傅", role=User.Role.ELECTRICIAN)


def another_building() -> Building:
    return Building.objects.create(code="9", name="9号楼")


def meters_of(code: str) -> list[str]:
    building = Building.objects.get(code=code)
    return [one.meter for one in sheet_meters(building, clock.now_ms())]


def stood_wh(meter: str, at_ms: int) -> int:
    """Give the register of a meter at an instant: each has its own; a room takes 120 W, the master what they take and 2 % more."""
    is_master = meter.startswith("9000000")
    rate_w = 120 * int(meter[-5:-3]) * 102 // 100 if is_master else 120
    begun_wh = 90_000_000 if is_master else sum(map(ord, meter[-3:])) * 13_370 + 412_340
    return (begun_wh + (at_ms // HOUR_MS - 490_000) * rate_w) // 10 * 10


def _grouped(code: str, now_ms: int) -> None:
    subs = [MeterNo(one) for one in meters_of(code)]
    master = f"9000000{code}{len(subs):02d}000"
    add_meter(master, code, actor="seed", now_ms=now_ms - 60 * DAY_MS)
    rule = GroupRule(
        "total", GroupKind.BUILDING, MeterNo(master), subs, fixed_loss_ppm=20_000, tolerance_ppm=30_000
    )
    assert set_groups(code, [rule], actor="seed", now_ms=now_ms - 60 * DAY_MS)


def figure_of(meter: str, at_ms: int) -> str:
    wh = stood_wh(meter, at_ms)
    return f"{wh // 1000}.{wh % 1000 // 10:02d}"


def registers(code: str, now_ms: int) -> None:
    """Give a building a master; let its gateway have read every meter hourly around now, and at the closing of two periods."""
    if not groups_of(Building.objects.get(code=code)):
        _grouped(code, now_ms)
    meters = meters_of(code)
    Reading.objects.using(TELEMETRY).bulk_create(
        Reading(
            meter=meter,
            wall_ms=at_ms,
            register_wh=stood_wh(meter, at_ms),
            power_w=120,
            outcome="advanced",
        )
        for meter in meters
        for at_ms in (now_ms + hour * HOUR_MS for hour in range(-30, 3))
    )
    from_ms, _until_ms = instants_of(period_now(now_ms))
    for closed_ms in (from_ms - 30 * DAY_MS, from_ms):
        PeriodRegister.objects.filter(
            period_ms=closed_ms, meter__in=meters
        ).delete()  # another seed's, billed already
        PeriodRegister.objects.bulk_create(
            PeriodRegister(
                gateway_id=f"gw-{code}",
                meter=meter,
                period_ms=closed_ms,
                register_wh=stood_wh(meter, closed_ms),
                uncertainty_wh=10,
                method="read",
                at_ms=closed_ms,
                from_ms=closed_ms,
                to_ms=closed_ms,
            )
            for meter in meters
        )


def entered(code: str, period: Period, meter: str, typed: str, at_ms: int, **more: str) -> None:
    building, wu = Building.objects.get(code=code), User.objects.get(username="wu")
    entry = Entry(str(uuid.uuid4()), meter, typed, at_ms=at_ms, **more)
    done = enter(building, period, entry, actor=wu, now_ms=max(at_ms, clock.now_ms()))
    assert isinstance(done, HandReading), done


def transposed(figure: str) -> str:
    """Let two neighbouring digits of a figure change places, far enough to the left to matter."""
    digits = figure.replace(".", "")
    place = next(n for n in range(1, len(digits) - 1) if digits[n] != digits[n + 1])
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    return f"{swapped[:-2]}.{swapped[-2:]}"


def readings() -> None:
    """Building 1 is being read (a question, a dark display), building 2 disagrees at one meter, building 3 is agreed."""
    now_ms = clock.now_ms()
    people_of_readings()
    period = period_now(now_ms)
    for code in ("1", "2", "3"):
        registers(code, now_ms)
    numbers = meters_of("1")
    for meter in numbers[:3]:
        entered("1", period, meter, figure_of(meter, now_ms), now_ms)
    entered("1", period, numbers[3], "", now_ms, unreadable="dark")
    entered("1", period, numbers[4], "1.00", now_ms)
    for code in ("2", "3"):
        for place, meter in enumerate(meters_of(code)):
            wrong = code == "2" and place == 2
            typed = transposed(figure_of(meter, now_ms)) if wrong else figure_of(meter, now_ms)
            entered(code, period, meter, typed, now_ms, words="表箱反光" if wrong else "")
    sheets = {code: closed(code, period, now_ms) for code in ("2", "3")}
    agree(sheets["3"], now_ms)


def closed(code: str, period: Period, now_ms: int) -> int:
    place = place_of(Building.objects.get(code=code), period)
    assert place.sheet is not None
    done = close_sheet(place.sheet.pk, actor=User.objects.get(username="wu"), now_ms=now_ms)
    assert isinstance(done, ReadingSheet), done
    return done.pk


def agree(sheet: int, now_ms: int) -> None:
    cashier, director = (User.objects.get(username=name) for name in ("cashier", "director"))
    asked = check_sheet(sheet, "与卡机房读数核对无误", str(uuid.uuid4()), actor=cashier, now_ms=now_ms)
    assert isinstance(asked, Approval), asked
    approvals.sign(asked.number, approve=True, reason="", actor=director, now_ms=now_ms)
