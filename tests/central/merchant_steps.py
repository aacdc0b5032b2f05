"""Steps that tests of merchants take: shops of every billing, lists as other systems write them, registers told."""

import io
from datetime import date

from openpyxl import Workbook

from central.campus.models import Account
from central.clock import campus_day, start_of_day_ms
from central.desk.merchants.bill_acts import ask_for_bills
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.billing import plan_bills
from central.desk.merchants.importing import import_list as bring_in
from central.desk.merchants.lists import read_file
from central.domain.imported_rows import ListKind
from central.domain.periods import Period, accounting_period
from central.link.models import Gateway, GatewayEntry, PeriodRegister
from central.office import approvals
from central.office.models import Approval, User
from central.office.roles import Role
from central.papers.accounting import instants_of
from tests.central.conftest import NOW_MS, import_list

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
SHOPS = """building,building_name,floor,room,class,meter,protected,occupants,price,billing,cut_off
1,North,1,A01,merchant,m-a01,no,Shop One,0.8,monthly,none
1,North,1,A02,merchant,m-a02,no,Shop Two,0.8,card,none
1,North,1,A03,merchant,m-a03,no,Shop Three,0.8,prepaid,internal
"""
MONTHLY, CARD, PREPAID = "1-A01.1", "1-A02.1", "1-A03.1"
PERIOD: Period = accounting_period(2026, 10)
"""26 September to 25 October 2026; NOW_MS is 18 November."""
DAYS = (date(2026, 11, 1), date(2026, 11, 30))


def shops(opened_ms: int | None = None) -> None:
    """Have three shops in building 1, since before the period."""
    begins_ms = instants_of(PERIOD)[0]
    import_list(SHOPS, now_ms=opened_ms or begins_ms - 40 * DAY_MS)


def card_list(rows, header=("交易流水号", "小票号", "交易时间", "金额", "卡号")):
    """Write a card system's list as UTF-8 CSV."""
    return "\n".join(",".join(str(cell) for cell in row) for row in (header, *rows)).encode()


def workbook(rows) -> bytes:
    """Write rows as an XLSX file, cells as they are."""
    book, target = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(target)
    return target.getvalue()


def brought_in(content: bytes, actor: User, kind=ListKind.CARD_SYSTEM, days=DAYS, chosen=None):
    """Bring a list in, or give the plan that says why not."""
    return bring_in(read_file(content, kind, days, chosen), "list.csv", actor=actor, now_ms=NOW_MS)


def told(meter: str, at_ms: int, register_wh: int) -> None:
    """Have a gateway tell a register at a period's end."""
    PeriodRegister.objects.create(
        gateway=Gateway.objects.get(pk="gw-1"),
        meter=meter,
        period_ms=at_ms,
        register_wh=register_wh,
        uncertainty_wh=0,
        method="read",
        at_ms=at_ms,
        from_ms=at_ms,
        to_ms=at_ms,
    )


def entry(meter: str, account: str, from_ms: int, at_ms: int, from_wh: int, to_wh: int, **more) -> None:
    """Have a gateway's entry stored."""
    number = GatewayEntry.objects.count() + 1_000
    given = {"kind": "consumption", "cause": "hour", "at_trusted": True, "booked": True} | more
    GatewayEntry.objects.create(
        entry=f"gw-1.e1.{number}",
        gateway_id="gw-1",
        epoch="e1",
        seq=number,
        account=account,
        meter=meter,
        at_ms=at_ms,
        boot="b",
        monotonic_ms=1,
        energy_wh=to_wh - from_wh,
        register_from_wh=from_wh,
        register_to_wh=to_wh,
        from_ms=from_ms,
        carried_nano_yuan=0,
        lines=[],
        received_ms=at_ms,
        **given,
    )


def person(name: str, role: Role) -> User:
    """Give a person with an office."""
    return User.objects.get_or_create(username=name, defaults={"role": role})[0]


def signed(request: Approval, now_ms: int = NOW_MS) -> Approval:
    """Let finance and the director sign."""
    assert isinstance(request, Approval), request
    for name, role in (("fin", Role.FINANCE), ("dir", Role.DIRECTOR)):
        request = approvals.sign(
            request.number, approve=True, reason="", actor=person(name, role), now_ms=now_ms
        )
        assert isinstance(request, Approval), request
    return request


def billed(cashier: User, period: Period = PERIOD, now_ms: int = NOW_MS) -> list[MonthlyBill]:
    """Run a month's bills and have them signed."""
    for name, role in (("fin", Role.FINANCE), ("dir", Role.DIRECTOR)):
        person(name, role)
    until_ms = instants_of(period)[1]
    asked = ask_for_bills(
        plan_bills(period),
        why="month",
        key=f"k-{period.name}-{now_ms}",
        actor=cashier,
        now_ms=now_ms,
        until_ms=until_ms,
    )
    request = signed(asked, now_ms)
    assert request.state == Approval.State.APPROVED, request.outcome
    return list(MonthlyBill.objects.filter(approval=request.number).order_by("number"))


def account(code: str) -> Account:
    """Give an account."""
    return Account.objects.get(code=code)


def day_of(instant_ms: int) -> date:
    """Give a campus day."""
    return campus_day(instant_ms)


def at(day: date, hour: int = 12) -> int:
    """Give an instant of a campus day."""
    return start_of_day_ms(day) + hour * HOUR_MS
