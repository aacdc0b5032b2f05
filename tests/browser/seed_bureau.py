"""The power bureau's bills as finance enters them: one of the whole campus, and one that was corrected."""

from datetime import date

from central import clock
from central.campus.models import Building
from central.domain.periods import accounting_period_of, day_before
from central.office.models import User
from central.reports.bureau.models import BureauBill
from central.reports.bureau.operations import Entry, correct_bill, enter_bill


def bureau() -> None:
    """Enter them for the last accounting period that is over, and one for the running one."""
    now_ms, finance = clock.now_ms(), User.objects.get(username="finance")
    running = accounting_period_of(clock.campus_day(now_ms))
    last, today = accounting_period_of(day_before(running)), clock.campus_day(now_ms)
    enter = {"actor": finance, "now_ms": now_ms}
    whole = Entry(last, None, f"GD-{last.last:%Y%m}-0031", today, 48_215_600, 2_691_876)
    _made(enter_bill(whole, "1" * 32, **enter))
    wrong = _made(enter_bill(_of_house(running, today, 8_411_000), "2" * 32, **enter))
    _made(correct_bill(wrong, _of_house(running, today, 4_811_000, "电量抄错一位"), "3" * 32, **enter))


def _of_house(period: object, today: date, energy_wh: int, note: str = "") -> Entry:
    house = Building.objects.get(code="1")
    return Entry(period, house, f"GD-{today:%Y%m}-0032", today, energy_wh, 268_600, note)


def _made(bill: object) -> BureauBill:
    assert isinstance(bill, BureauBill), bill
    return bill
