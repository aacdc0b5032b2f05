"""Steps of readings by hand: a period that is over, a master, what the gateway read of each meter, people who read and check."""

from central.campus.meter_groups import set_groups
from central.campus.models import Building
from central.campus.operations import add_meter
from central.clock import start_of_day_ms
from central.domain.periods import Period, accounting_period
from central.link.telemetry.models import Reading
from central.losses.readings.entering import Entry, enter
from central.losses.readings.models import HandReading
from central.losses.readings.sheets import Place, place_of
from central.office.models import User
from central.office.roles import Role
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import GroupKind, GroupRule

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PERIOD: Period = accounting_period(2026, 11)
UNTIL_MS = start_of_day_ms(PERIOD.after)
READ_MS = UNTIL_MS + 10 * HOUR_MS
"""The morning after the period: when the electrician walks."""
MASTER = "m-1"
STOOD = {MASTER: 90_000_000, "m-301": 1_234_560, "m-302": 2_000_000}
"""Registers at READ_MS, in Wh."""


def people() -> tuple[User, User, User]:
    """Make Wu, who serves building 1 and reads; Hu of the card room, who checks; and the director, who signs."""
    wu = User.objects.create_user("wu", role=Role.ELECTRICIAN, email="wu@example.org")
    wu.buildings.set(Building.objects.filter(code="1"))
    return wu, User.objects.create_user("hu"), User.objects.create_user("fang", role=Role.DIRECTOR)


def metered() -> Building:
    """Give building 1 a master, and each of its meters an automatic register that grows by 60 Wh an hour."""
    building = Building.objects.get(code="1")
    add_meter(MASTER, "1", actor="test", now_ms=UNTIL_MS - 40 * DAY_MS)
    rule = GroupRule(
        "house",
        GroupKind.BUILDING,
        MeterNo(MASTER),
        [MeterNo("m-301"), MeterNo("m-302")],
        fixed_loss_ppm=20_000,
        tolerance_ppm=30_000,
    )
    assert set_groups("1", [rule], actor="test", now_ms=UNTIL_MS - 40 * DAY_MS)
    for meter, stood_wh in STOOD.items():
        registers(meter, stood_wh)
    building.refresh_from_db()
    return building


def registers(meter: str, stood_wh: int, hours: tuple[int, ...] = (-2, -1, 1, 2)) -> None:
    """Let the gateway have read a meter around READ_MS, half an hour off, with 60 W flowing."""
    Reading.objects.bulk_create(
        Reading(
            meter=meter,
            wall_ms=READ_MS + hour * HOUR_MS,
            register_wh=stood_wh + hour * 60,
            outcome="advanced",
        )
        for hour in hours
    )


def entered(
    building: Building, actor: User, meter: str, typed: str, step: str = "", **more: object
) -> object:
    """Enter a reading at READ_MS."""
    entry = Entry(step or f"{meter}-{typed}", meter, typed, at_ms=READ_MS, **more)
    return enter(building, PERIOD, entry, actor=actor, now_ms=READ_MS + 1000)


def all_read(building: Building, actor: User, **typed: str) -> None:
    """Read every meter as it stood, but those that are given (`m301="..."`)."""
    for meter, stood_wh in STOOD.items():
        figure = typed.get(meter.replace("-", ""), f"{stood_wh // 1000}.{stood_wh % 1000 // 10:02d}")
        done = entered(building, actor, meter, figure)
        assert isinstance(done, HandReading), done


def sheet_place(building: Building) -> Place:
    """Give the sheet of the period."""
    return place_of(building, PERIOD)
