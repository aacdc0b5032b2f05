"""Everything that the walk through all pages needs to see, in the order in which its numbers come out as the pages expect them."""

from datetime import date
from uuid import uuid4

from central import clock
from central.campus.models import Bucket
from central.desk import binding, books, day_close, hand_ins, operations, sales, shifts
from central.desk.book_models import ReceiptBook
from central.desk.charges import Wanted
from central.desk.go_live import asking, models
from central.desk.go_live.plan import plan_opening
from central.desk.money_in import HowPaid
from central.desk.outage import acts, stock
from central.desk.outage.entering import Sheet, enter_sheet
from central.desk.outage.plan import TypedPage, plan_sheet
from central.desk.shifts import open_shift_of
from central.desk.subsidies import batches, plan, undoing
from central.domain.pages_handed_in import MissingPages
from central.domain.receipt_book import Finding, Mark
from central.link.alarms import raise_alarm
from central.office import approvals
from central.office.models import Approval, User
from tests.browser import (
    seed_abnormal,
    seed_agreement,
    seed_balances,
    seed_bench,
    seed_bills,
    seed_bureau,
    seed_corrections,
    seed_departures,
    seed_faults,
    seed_gateways,
    seed_goods,
    seed_k3,
    seed_lists,
    seed_low_balance,
    seed_meetings,
    seed_merchants,
    seed_notices,
    seed_readings,
    seed_replacements,
    seed_restored,
    seed_rounds,
    seed_runs,
    seed_stock,
    seed_theft,
    seed_work,
)
from tests.open_shifts import have_drawers

DAY_MS = 86_400_000


def everything() -> None:
    """Seed it all. What comes late takes numbers that nothing before it may change."""
    an_ended_day()
    first_sales()
    seed_corrections.corrections()
    seed_departures.departures()
    one_go_live()
    seed_merchants.merchants()
    one_subsidy_and_one_outage()
    seed_balances.balances()
    seed_readings.readings()
    seed_theft.thefts()
    seed_bills.bills()
    seed_bills.printed()
    seed_abnormal.abnormal("2")
    seed_low_balance.low_balances()
    seed_k3.k3()
    seed_meetings.meetings()
    seed_runs.runs()
    seed_bureau.bureau()
    seed_agreement.agreement()
    seed_gateways.gateways()
    seed_bench.bench()
    seed_goods.goods()
    seed_stock.stock()
    seed_faults.faults()
    seed_work.work_orders()
    seed_replacements.replacements()
    seed_restored.restored()


def person(name: str) -> User:
    """Give one of the seeded people."""
    return User.objects.get(username=name)


def an_ended_day() -> None:
    """Another drawer, whose day ended with something missing: a batch that waits."""
    cashier = person("cashier")
    have_drawers("main", "2")
    now_ms = clock.now_ms() - DAY_MS
    other = User.objects.create_user("relief", last_name="赵敏")
    shift = shifts.open_shift("2", shifts.Counted(10_000), other, now_ms=now_ms)
    operations.pay("by-card", "2-202.1", 8_800, other, now_ms=now_ms, how=HowPaid("card", "T20261129-000123"))
    old = books.receive_book("A-11", 1, 4, "", actor=cashier, now_ms=now_ms)
    spoiled = [Finding(range(1, 3), Mark.STAINED, note="茶水"), Finding(range(3, 5), Mark.MISSING)]
    books.check_pages(old, 1, 4, [], spoiled, actor=cashier, now_ms=now_ms)
    shifts.end_shift(
        shift.pk,
        shifts.Counted(9_500, {5000: 1, 2000: 2, 500: 1}),
        5_000,
        other,
        reason="找零有误",
        now_ms=now_ms + 1,
    )
    closed = day_close.close_day(shift.day, cashier, now_ms=now_ms + 2)
    gone = [MissingPages("A-11", 2, 2)]
    hand_ins.hand_in(
        hand_ins.Batch([closed.pk], 4_400, "2026-0001", "两页另附", "少交一元，缺一页", gone),
        cashier,
        now_ms=now_ms + 3,
    )


def first_sales() -> None:
    """Give the receipt's page something to show, the page of vouchers a credit, and the alarms' one to resolve."""
    cashier = person("cashier")
    raise_alarm(
        "grant-twice",
        "1-102.1",
        now_ms=clock.now_ms(),
        gateway_id="gw-1",
        detail="p-1 was credited by e1 before",
    )
    meal = {
        "code": "desk.duty-meal",
        "place": "campus",
        "where": "",
        "value": 1000,
        "from_ms": clock.now_ms(),
    }
    approvals.ask(
        "setting",
        meal,
        subject="desk.duty-meal",
        why="米涨价了",
        actor=person("manager"),
        now_ms=clock.now_ms(),
    )
    seed_notices.notices()
    seed_lists.lists()
    seed_rounds.rounds()
    operations.pay("every-page", "1-102.1", 5000, cashier, now_ms=clock.now_ms())
    basket = sales.Basket(5100, (Wanted("R-01", 2000), Wanted("R-04", 2500)))
    how = HowPaid(tendered_fen=30000)
    sales.sell("whole-sale", "1-103.1", basket, cashier, now_ms=clock.now_ms(), how=how)
    when = {"actor": cashier, "now_ms": clock.now_ms()}
    book = books.receive_book("A-12", 1, 50, "", **when)
    books.take_book(book, **when)
    findings = [Finding(range(17, 18), Mark.MISSING), Finding(range(18, 20), Mark.STAINED, note="茶水")]
    books.check_pages(book, 1, 40, books.seals_at(clock.now_ms()), findings, **when)
    binding.bind_volume("2026", [binding.WantedRange("", 1, 1)], "档案室 3 柜", date(2026, 11, 30), **when)


def one_go_live() -> None:
    """Carry a list out whose rooms are equal, owed and not yet reported, and ask for a correction of it."""
    now_ms, cashier = clock.now_ms(), person("cashier")
    text = "room,balance_yuan\n1-101,-4\n1-102,20.50\n1-103,7\n2-101,3\n"
    opening = plan_opening(text.encode(), now_ms - 60_000, "later", now_ms)
    sign(
        asking.ask_go_live(opening, "a" * 32, file_name="old.csv", why="w", actor=cashier, now_ms=now_ms),
        now_ms,
    )
    live = models.OpeningBatch.objects.get(pk="a" * 32)
    asking.ask_correction(
        live, "1-103", "paid", 5_000_000, "b" * 32, why="typo", actor=cashier, now_ms=now_ms
    )


def sign(request: Approval, now_ms: int) -> None:
    """Let finance and the director agree."""
    for name in ("finance", "director"):
        approvals.sign(request.number, approve=True, reason="", actor=person(name), now_ms=now_ms)


def one_subsidy_and_one_outage() -> None:
    """Give a subsidy and undo it; make a stock of vouchers; enter two pages of yesterday, one of them for a voucher."""
    now_ms, cashier = clock.now_ms(), person("cashier")
    free = Bucket.objects.filter(customer_class__code="dormitory", refundable=False).exclude(name="paid")
    bucket = free.first()
    wanted = plan.plan_subsidy(plan.Choice(bucket, 8_500_000, clock.campus_day(now_ms), buildings=("2", "3")))
    more = {"shown": wanted.digest, "why": "冬季补贴", "actor": cashier, "now_ms": now_ms}
    sign(batches.ask_subsidy(wanted, "c" * 32, **more), now_ms)
    undoing.undo_subsidy("c" * 32, why="月份错了", actor=cashier, now_ms=now_ms)
    accounts = [a.code for a in stock.plan_stock("2", 2_000, 1, now_ms)]
    content = {"building": "2", "value_fen": 2_000, "per_room": 1, "accounts": accounts}
    sign(approvals.ask(acts.MAKE, content, subject="2", why="迎新", actor=cashier, now_ms=now_ms), now_ms)
    typed = [TypedPage(1, "1930", "1-106", "50"), TypedPage(2, "1941", voucher="1-001")]
    sheet = plan_sheet(
        ReceiptBook.objects.get(number="A-12"), clock.campus_day(now_ms - DAY_MS), typed, now_ms
    )
    head = Sheet(uuid4().hex, sheet.book, sheet, cashier, open_shift_of(cashier).pk, sheet.sum_fen)
    enter_sheet(head, sheet.digest, actor=cashier, now_ms=now_ms)
