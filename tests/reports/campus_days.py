"""Two accounting periods of the demo campus, day by day, by the product's own operations: list, prices, desk, gateways, signatures.

Each day rooms use power, the desk opens, takes money from whose credit runs out, counts and closes; now and then somebody errs,
moves out, is given a subsidy, is billed. The same campus and days give the same books.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.db import transaction

from central.campus.import_plan import plan_import
from central.campus.meter_groups import read_groups, set_groups
from central.campus.operations import Imported, add_meter, carry_out
from central.clock import campus_day, start_of_day_ms
from central.desk.book_models import ReceiptBook
from central.desk.books import check_pages, receive_book, seals_at
from central.desk.charges import Wanted as Item
from central.desk.day_close import close_day
from central.desk.day_models import DayClose
from central.desk.hand_ins import Batch, days_to_hand_in, hand_in, receive
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import Paid, pay
from central.desk.roster import set_rotation
from central.desk.sales import Basket, Sold, sell
from central.desk.shift_models import Shift
from central.domain.known_settings import Place
from central.domain.periods import Period
from central.domain.receipt_book import Finding, Mark
from central.domain.repair_list import Item as Repair
from central.domain.repair_list import ItemKind, ItemUnit
from central.domain.roster import DutyKind, Rotation
from central.ingest.take_message import MessageTaker
from central.losses.abnormal.making import make_next_list
from central.losses.balances.judging import look_at_losses
from central.office import repair_lists
from central.office.models import User
from central.office.setting_changes import Change, set_at_console
from central.papers.accounting import instants_of
from central.reports.schedule.running import run_due_jobs
from firmware_tools.campus.campus_list import campus_sheets
from firmware_tools.campus.demo_layout import demo_campus
from firmware_tools.campus.files import groups_json
from firmware_tools.campus.layout import Campus
from gateway.contract.facts import EntryCause
from tests.open_shifts import off_shift, on_shift
from tests.reports.campus_gateway import HOUR_MS, CampusGateway, Metered
from tests.reports.campus_happenings import Happenings

DAY_MS = 86_400_000
SETTLED_EACH_HOURS = 12
PEOPLE = {
    "cashier": (User.Role.CASHIER, "李娜"),
    "cashier2": (User.Role.CASHIER, "王芳"),
    "admin": (User.Role.ADMIN, "赵明"),
    "finance": (User.Role.FINANCE, "周敏"),
    "director": (User.Role.DIRECTOR, "陈刚"),
    "vice": (User.Role.VP_NETWORK, "孙建国"),
    "vice2": (User.Role.VP_LOGISTICS, "马超"),
    "electrician": (User.Role.ELECTRICIAN, "郭强"),
}
REPAIRS = (
    Repair("R1", ItemKind.REPAIR, "换门锁", "New door lock", ItemUnit.EACH, 3_500),
    Repair("R2", ItemKind.REPAIR, "换插座", "New socket", ItemUnit.EACH, 1_500),
    Repair("R3", ItemKind.REPAIR, "换电线", "New wire", ItemUnit.METRE, 450),
    Repair("B1", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 2_000),
)
SHOPS = ("S1", "S2")
"""Shops that are billed by the month."""


def reports_campus() -> Campus:
    """Give the demo's campus, two of its shops billed by the month."""
    campus = demo_campus()
    first, second, shops = campus.buildings
    rooms = tuple(
        replace(room, billing="monthly", cut_off="none", pays_yuan=()) if room.label in SHOPS else room
        for room in shops.rooms
    )
    return replace(campus, buildings=(first, second, replace(shops, rooms=rooms)))


def without_masters(campus: Campus) -> Campus:
    """Give the campus as its list has it: a master hangs in no room."""
    buildings = (
        replace(one, rooms=tuple(room for room in one.rooms if not room.behind)) for one in campus.buildings
    )
    return replace(campus, buildings=tuple(buildings))


@dataclass
class CampusDays:
    """The campus at work. `say` is told how far it is."""

    periods: list[Period]
    now_ms: int
    say: Callable[[str], None]
    campus: Campus = field(default_factory=reports_campus)
    gateways: list[CampusGateway] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random("reports"))
    people: dict[str, User] = field(default_factory=dict)
    payments: int = 0

    @property
    def first(self) -> date:
        """The first day of the desk: a week before the first period."""
        return self.periods[0].first - timedelta(days=7)

    @property
    def seen_book_ms(self) -> int:
        """When the receipt book was checked: in the last period."""
        return start_of_day_ms(self.periods[-1].first + timedelta(days=8))

    def live(self) -> None:
        """Live from the first day to now; then look around, as the office's process does each minute."""
        self._open(start_of_day_ms(self.first) - 2 * DAY_MS)
        day, today = self.first, campus_day(self.now_ms)
        while day < today:
            if day.day in (1, 11, 21, 26):
                self.say(f"  {day}: {self.payments} payments so far")
            self._day(day)
            day += timedelta(days=1)
        midnight_ms = start_of_day_ms(today)
        self._hours(midnight_ms, 0, (self.now_ms - midnight_ms) // HOUR_MS)
        look_at_losses(self.now_ms)
        while make_next_list(self.now_ms) is not None:
            pass

    def _open(self, at_ms: int) -> None:
        """Make people, settings, prices and rooms, and enrol the gateways."""
        for name, (role, spoken) in PEOPLE.items():
            self.people[name] = User.objects.create_user(name, role=role, last_name=spoken)
        for code, value in (("sale.seasonal-minimum", []), ("refund.desk-limit", 0)):
            set_at_console(Change(code, Place.CAMPUS, "", value, 0), why="demonstration", now_ms=at_ms)
        for text in map(_csv, campus_sheets(without_masters(self.campus)).values()):
            plan = plan_import(text.encode())
            done = carry_out(plan, actor="admin", now_ms=at_ms)
            assert isinstance(done, Imported), (done, plan.problems)
        repair_lists.publish_at_console(list(REPAIRS), at_ms, why="首份报价", now_ms=at_ms)
        prices = {one.code: round(float(one.yuan_per_kwh) * 1_000_000) for one in self.campus.classes}
        for building in self.campus.buildings:
            for master in (room for room in building.rooms if room.behind):
                add_meter(master.meter, building.code, actor="admin", now_ms=at_ms)
            if groups := groups_json(building):
                set_groups(building.code, read_groups(groups.encode()), actor="admin", now_ms=at_ms)
            gateway = CampusGateway.enrolled(building, MessageTaker(on_bench=False), at_ms)
            gateway.know_rooms(prices)
            self.gateways.append(gateway)
        first, last = self.first, campus_day(self.now_ms) + timedelta(days=30)
        crews = ((self.people["cashier"].pk,), (self.people["cashier2"].pk,))
        set_rotation(Rotation(DutyKind.TERM, first, last, crews), actor=self.people["director"], now_ms=at_ms)
        self._receipt_book(at_ms + HOUR_MS)

    def _receipt_book(self, at_ms: int) -> None:
        """Take a receipt book in and check it: three of its pages are void."""
        cashier = self.people["cashier"]
        book = receive_book("A-21", 1, 50, "", actor=cashier, now_ms=at_ms)
        assert isinstance(book, ReceiptBook), book
        found = [Finding(range(17, 18), Mark.MISSING), Finding(range(30, 32), Mark.STAINED, note="茶水")]
        check_pages(book, 1, 50, seals_at(at_ms), found, actor=cashier, now_ms=self.seen_book_ms)

    def _day(self, day: date) -> None:
        begin_ms = start_of_day_ms(day)
        self._hours(begin_ms, 0, 12)
        cashier = self.people[("cashier", "cashier2")[(day - self.first).days % 2]]
        shift = on_shift(cashier, begin_ms + 12 * HOUR_MS, float_fen=20_000)
        self._sell(day, cashier, begin_ms + 12 * HOUR_MS)
        happenings = Happenings(self.periods, self.gateways, self.people)
        happenings.on(day, cashier, begin_ms + 13 * HOUR_MS)
        self._answer(begin_ms + 14 * HOUR_MS)
        happenings.pay_out(day, cashier, begin_ms + 15 * HOUR_MS)
        self._hours(begin_ms, 12, 24)
        self._end(day, shift, begin_ms + 22 * HOUR_MS)
        run_due_jobs(begin_ms + 24 * HOUR_MS - 1)

    def _hours(self, begin_ms: int, first: int, last: int) -> None:
        edges = {instants_of(period)[1] for period in self.periods} | {instants_of(self.periods[0])[0]}
        for gateway in self.gateways:
            told = []
            for hour in range(first + 1, last + 1):
                at_ms = begin_ms + hour * HOUR_MS
                told += gateway.hour(at_ms, self.dice)
                if at_ms in edges:
                    told += [*gateway.settle(at_ms, EntryCause.CLOSING_INSTANT), *gateway.registers(at_ms)]
                elif hour % SETTLED_EACH_HOURS == 0:
                    told += gateway.settle(at_ms)
            with transaction.atomic():
                gateway.send(told, begin_ms + last * HOUR_MS)

    def _answer(self, now_ms: int) -> None:
        for gateway in self.gateways:
            gateway.send(gateway.answers(now_ms), now_ms)

    def _sell(self, day: date, cashier: User, at_ms: int) -> None:
        """Sell to whose credit runs out; some forget, and some never pay."""
        for gateway in self.gateways:
            for one in gateway.rooms:
                if (
                    one.room.protected
                    or one.closed
                    or one.room.billing != "prepaid"
                    or one.room.relay_fault != "none"
                ):
                    continue
                days_left = gateway.left(one) / max(
                    1, one.daily_wh * (1 if one.unit == "kwh" else one.price / 1000)
                )
                if days_left < 2 and self.dice.random() < 0.6:
                    at_ms += self.dice.randrange(30_000, 180_000)
                    self._pay(one, cashier, at_ms)
        if self.dice.random() < 0.3:
            self._repair(cashier, at_ms + 60_000)

    def _pay(self, one: Metered, cashier: User, at_ms: int) -> None:
        self.payments += 1
        fen = self.dice.choice((3_000, 5_000, 5_000, 10_000)) * (
            3 if one.room.customer_class == "merchant" else 1
        )
        how = HowPaid()
        if self.dice.random() < 0.2:
            how = HowPaid(Payment.Method.CARD, f"POS-{self.payments:05d}")
        done = pay(f"pay-{self.payments}", one.account, fen, cashier, now_ms=at_ms, how=how)
        assert isinstance(done, Paid), done

    def _repair(self, cashier: User, at_ms: int) -> None:
        self.payments += 1
        one = self.dice.choice([one for one in self.gateways[0].rooms if not one.closed])
        wanted = Item(self.dice.choice(REPAIRS).code, 1_000)
        done = sell(f"pay-{self.payments}", one.account, Basket(0, (wanted,)), cashier, now_ms=at_ms)
        assert isinstance(done, Sold), done

    def _end(self, day: date, shift: Shift, at_ms: int) -> None:
        off_shift(shift, at_ms)
        closed = close_day(day, shift.cashier, now_ms=at_ms + HOUR_MS)
        assert isinstance(closed, DayClose), closed
        if day.weekday() == 6:
            waiting = days_to_hand_in()
            cash = sum(one.moved_fen for one in waiting)
            made = hand_in(
                Batch([one.pk for one in waiting], cash, f"缴款单{day:%m%d}"),
                shift.cashier,
                now_ms=at_ms + HOUR_MS,
            )
            receive(made.number, self.people["finance"], now_ms=at_ms + 2 * HOUR_MS)


def _csv(rows: list[dict[str, str]]) -> str:
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"
