"""Merchants as months of work leave them: cards, a list with every difference, sales of card meters, bills open and overdue."""

from datetime import timedelta
from itertools import pairwise

from django.db import transaction

from central import clock
from central.desk.merchants.bill_acts import ask_for_bills, ask_for_credit
from central.desk.merchants.billing import plan_bills
from central.desk.merchants.cards import end_card, register_card
from central.desk.merchants.importing import import_list
from central.desk.merchants.lists import read_file
from central.desk.merchants.models import ImportedList, PaymentCardEnd
from central.desk.merchants.pay_bill import pay_bill
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import pay
from central.domain.imported_rows import ListKind
from central.domain.periods import Period, accounting_period_of
from central.ledger.chart_of_accounts import customer, energy_revenue
from central.ledger.operations import Draft, book
from central.link.models import PeriodRegister
from central.office.approvals import sign
from central.office.models import Approval, User
from central.papers.accounting import first_days, instants_of
from tests.browser import seed

DAY_MS = 86_400_000
CLASSES = (
    "class,name,group,unit\ntrade,商户（按金额）,merchant,yuan\n",
    "class,price,from\ntrade,0.8012,2025-09-01\n",
)
SHOPS = """building,building name,floor,room,class,meter,学号,occupants,billing,cut_off
3,3号楼,1,S01,trade,m-s01,M01,鲜果时光水果店,monthly,none
3,3号楼,1,S02,trade,m-s02,M02,墨香文具,card,none
3,3号楼,1,S03,trade,m-s03,M03,快印天下,prepaid,internal
3,3号楼,1,S04,trade,m-s04,M04,一食堂,monthly,none
"""


def merchants() -> None:
    """Make all of it; the cashier's shift is open."""
    now_ms, cashier = clock.now_ms(), User.objects.get(username="cashier")
    seed.import_lists(CLASSES, now_ms - 200 * DAY_MS)
    seed.import_lists((SHOPS,), now_ms - 190 * DAY_MS)
    when = {"actor": cashier, "now_ms": now_ms}
    lost = register_card("0049881232", "3-S03.1", "店主", **when)
    end_card(lost.pk, PaymentCardEnd.Why.LOST, **when)
    register_card("0049881233", "3-S03.1", "店主", **when)
    _card_list(cashier, now_ms)
    _meter_sales(cashier, now_ms)
    _bills(cashier, now_ms)


def _card_list(cashier: User, now_ms: int) -> None:
    for place, fen in enumerate((5_000, 12_000, 3_050), 1):
        how = HowPaid(Payment.Method.CARD, f"POS-000{place}")
        pay(f"pos-{place}", "3-S03.1", fen, cashier, now_ms=now_ms, how=how)
    at = clock.local(now_ms).strftime("%Y-%m-%d %H:%M:%S")
    rows = (("90001", "POS-0001", "50.00"), ("90002", "POS-0002", "121.00"), ("90003", "POS-0077", "35.00"))
    text = "交易流水号,小票号,交易时间,交易金额,卡号\n"
    text += "".join(f"{number},{slip},{at},{yuan},0049881233\n" for number, slip, yuan in rows)
    _bring_in(text, ListKind.CARD_SYSTEM, "一卡通流水.csv", cashier, now_ms)


def _meter_sales(cashier: User, now_ms: int) -> None:
    day = clock.campus_day(now_ms)
    text = f"售电单号,售电日期,购电金额,购电量(度),房号,表底数\nV-1,{day},200,249.63,3-S02,5120.4\nV-2,{day},-20,0,3-S02,\n"
    _bring_in(text, ListKind.CARD_METERS, "卡表售电.csv", cashier, now_ms)


def _bring_in(text: str, kind: ListKind, name: str, cashier: User, now_ms: int) -> None:
    day = clock.campus_day(now_ms)
    made = import_list(read_file(text.encode(), kind, (day, day)), name, actor=cashier, now_ms=now_ms)
    assert isinstance(made, ImportedList), made.findings


def periods(now_ms: int) -> list[Period]:
    """Give the last three accounting periods that are over, oldest first."""
    found = [accounting_period_of(clock.campus_day(now_ms), first_days)]
    for _back in range(3):
        found.insert(0, accounting_period_of(found[0].first - timedelta(days=1), first_days))
    return found[:-1]


def _bills(cashier: User, now_ms: int) -> None:
    past = periods(now_ms)
    instants = [instants_of(past[0])[0], *(instants_of(one)[1] for one in past)]
    for meter, registers in (
        ("m-s01", (104_000, 389_500, 702_250, 966_000)),
        ("m-s04", (9_000_000, 11_204_000)),
    ):
        for at_ms, wh in zip(instants, registers, strict=False):
            _told(meter, at_ms, wh)
        account = f"3-S{meter[-2:]}.1"
        for at_ms, (from_wh, to_wh) in zip(instants[1:], pairwise(registers), strict=False):
            _used(account, meter, at_ms, from_wh, to_wh)
    for period, issued_ms in ((past[0], instants[1] + DAY_MS), (past[1], now_ms)):
        asked = ask_for_bills(
            plan_bills(period),
            why="月结",
            key=period.name,
            actor=cashier,
            now_ms=issued_ms,
            until_ms=instants_of(period)[1],
        )
        assert isinstance(asked, Approval), asked
        for name in ("finance", "director"):
            sign(
                asked.number, approve=True, reason="", actor=User.objects.get(username=name), now_ms=issued_ms
            )
    pay_bill("bill-1", 1, 10_000, cashier, now_ms=now_ms)
    ask_for_credit(2, 5_000, why="表码抄错", key="credit", actor=cashier, now_ms=now_ms)


def _used(account: str, meter: str, at_ms: int, from_wh: int, to_wh: int) -> None:
    """Have the gateway bill what lies between two registers, as it does for any account."""
    cost = (to_wh - from_wh) * 8_012 // 10
    sides = customer(account, "paid", "yuan"), energy_revenue("trade", "yuan")
    with transaction.atomic():
        book([Draft(f"seed-use:{meter}:{at_ms}", *sides, cost, "consumption", at_ms - 1)], at_ms)


def _told(meter: str, at_ms: int, register_wh: int) -> None:
    PeriodRegister.objects.create(
        gateway_id="gw-3",
        meter=meter,
        period_ms=at_ms,
        register_wh=register_wh,
        uncertainty_wh=0,
        method="read",
        at_ms=at_ms,
        from_ms=at_ms,
        to_ms=at_ms,
    )
