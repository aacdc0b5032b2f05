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
from central.campus.models import Bucket
from central.campus.operations import Imported, carry_out
from central.clock import campus_day, start_of_day_ms
from central.desk.charges import Wanted as Item
from central.desk.corrections.operations import Corrected, Right, correct
from central.desk.day_close import close_day
from central.desk.day_models import DayClose
from central.desk.departures.asking import Wanted, ask_departure
from central.desk.departures.models import Departure
from central.desk.departures.paying import pay_cash
from central.desk.hand_ins import Batch, days_to_hand_in, hand_in, receive
from central.desk.merchants.bill_acts import ask_for_bills
from central.desk.merchants.billing import plan_bills
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import Paid, pay
from central.desk.roster import set_rotation
from central.desk.sales import Basket, Sold, sell
from central.desk.shift_models import Shift
from central.desk.subsidies.batches import ask_subsidy
from central.desk.subsidies.plan import Choice, plan_subsidy
from central.domain.known_settings import Place
from central.domain.periods import Period
from central.domain.repair_list import Item as Repair
from central.domain.repair_list import ItemKind, ItemUnit
from central.domain.roster import DutyKind, Rotation
from central.ingest.take_message import MessageTaker
from central.office import repair_lists
from central.office.approvals import sign
from central.office.models import Approval, User
from central.office.setting_changes import Change, set_at_console
from central.papers.accounting import instants_of
from firmware_tools.campus.campus_list import campus_sheets
from firmware_tools.campus.demo_layout import demo_campus
from firmware_tools.campus.files import groups_json
from firmware_tools.campus.layout import Campus
from gateway.contract.facts import EntryCause
from tests.open_shifts import off_shift, on_shift
from tests.reports.campus_gateway import HOUR_MS, CampusGateway, Metered

DAY_MS = 86_400_000
SETTLED_EACH_HOURS = 12
PEOPLE = {
    "cashier": (User.Role.CASHIER, "李", "娜"),
    "cashier2": (User.Role.CASHIER, "王", "芳"),
    "admin": (User.Role.ADMIN, "赵", "明"),
    "finance": (User.Role.FINANCE, "周", "敏"),
    "director": (User.Role.DIRECTOR, "陈", "刚"),
    "vice": (User.Role.VP_NETWORK, "孙", "建国"),
    "vice2": (User.Role.VP_LOGISTICS, "马", "超"),
    "electrician": (User.Role.ELECTRICIAN, "郭", "强"),
}
REPAIRS = (
    Repair("R1", ItemKind.REPAIR, "换门锁", "New door lock", ItemUnit.EACH, 3_500),
    Repair("R2", ItemKind.REPAIR, "换插座", "New socket", ItemUnit.EACH, 1_500),
    Repair("R3", ItemKind.REPAIR, "换电线", "New wire", ItemUnit.METRE, 450),
    Repair("B1", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 2_000),
)
SAME_ROOM, WRONG_ROOM, LEAVES = "1-101.1", "1-102.1", "1-106.1"
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

    def live(self) -> None:
        """Live from a week before the first period to now."""
        first = self.periods[0].first - timedelta(days=7)
        self._open(start_of_day_ms(first) - 2 * DAY_MS)
        day, today = first, campus_day(self.now_ms)
        while day < today:
            if day.day in (1, 11, 21, 26):
                self.say(f"  {day}: {self.payments} payments so far")
            self._day(day)
            day += timedelta(days=1)

    def _open(self, at_ms: int) -> None:
        """Make people, settings, prices and rooms, and enrol the gateways."""
        for name, (role, last, given) in PEOPLE.items():
            self.people[name] = User.objects.create_user(
                name, password="tall-lamp-quiet-42", role=role, last_name=last, first_name=given
            )
        for code, value in (("sale.seasonal-minimum", []), ("refund.desk-limit", 0)):
            set_at_console(Change(code, Place.CAMPUS, "", value, 0), why="demonstration", now_ms=at_ms)
        for text in map(_csv, campus_sheets(self.campus).values()):
            plan = plan_import(text.encode())
            done = carry_out(plan, actor="admin", now_ms=at_ms)
            assert isinstance(done, Imported), (done, plan.problems)
        repair_lists.publish_at_console(list(REPAIRS), at_ms, why="首份报价", now_ms=at_ms)
        prices = {one.code: round(float(one.yuan_per_kwh) * 1_000_000) for one in self.campus.classes}
        for building in self.campus.buildings:
            if groups := groups_json(building):
                set_groups(building.code, read_groups(groups.encode()), actor="admin", now_ms=at_ms)
            gateway = CampusGateway.enrolled(building, MessageTaker(on_bench=False), at_ms)
            gateway.know_rooms(prices)
            self.gateways.append(gateway)
        first, last = self.periods[0].first - timedelta(days=7), campus_day(self.now_ms) + timedelta(days=30)
        crews = ((self.people["cashier"].pk,), (self.people["cashier2"].pk,))
        set_rotation(Rotation(DutyKind.TERM, first, last, crews), actor=self.people["director"], now_ms=at_ms)

    def _day(self, day: date) -> None:
        begin_ms = start_of_day_ms(day)
        self._hours(begin_ms, 0, 12)
        cashier = self.people["cashier" if day.toordinal() % 2 else "cashier2"]
        shift = on_shift(cashier, begin_ms + 12 * HOUR_MS, float_fen=20_000)
        self._sell(day, cashier, begin_ms + 12 * HOUR_MS)
        self._happenings(day, cashier, begin_ms + 13 * HOUR_MS)
        self._answer(begin_ms + 14 * HOUR_MS)
        self._pay_out(day, cashier, begin_ms + 15 * HOUR_MS)
        self._hours(begin_ms, 12, 24)
        self._end(day, shift, begin_ms + 22 * HOUR_MS)

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

    def _happenings(self, day: date, cashier: User, at_ms: int) -> None:
        if day == self.periods[0].first + timedelta(days=5):
            self._subsidy(day, at_ms)
        for period in self.periods:
            if day == period.first + timedelta(days=9):
                self._correction(day, cashier, at_ms)
            if day == period.after + timedelta(days=1):
                self._bills(period, at_ms)
        if day == self.periods[1].first + timedelta(days=12):
            self._departure(cashier, at_ms)

    def _subsidy(self, day: date, at_ms: int) -> None:
        bucket = Bucket.objects.get(customer_class__code="dormitory", name="subsidy")
        plan = plan_subsidy(Choice(bucket=bucket, per_head=8_000_000, heads_on=day))
        asked = ask_subsidy(
            plan, "5" * 32, shown=plan.digest, why="十月困难补助", actor=self.people["admin"], now_ms=at_ms
        )
        self._sign(asked, at_ms)

    def _correction(self, day: date, cashier: User, at_ms: int) -> None:
        paid = pay(f"wrong-{day}", WRONG_ROOM, 4_000, cashier, now_ms=at_ms)
        assert isinstance(paid, Paid), paid
        done = correct(
            f"right-{day}",
            paid.receipt.number,
            Right(SAME_ROOM, 4_000),
            "房号听错",
            cashier,
            now_ms=at_ms + 300_000,
        )
        assert isinstance(done, Corrected), done

    def _bills(self, period: Period, at_ms: int) -> None:
        asked = ask_for_bills(
            plan_bills(period), why="月结", key=period.name, actor=self.people["cashier"], now_ms=at_ms,
            until_ms=instants_of(period)[1],
        )  # fmt: skip
        self._sign(asked, at_ms)

    def _departure(self, cashier: User, at_ms: int) -> None:
        wanted = Wanted(
            LEAVES, "departure", "毕业离校", asked_for="王小明", parts_returned=True, parts="00000012"
        )
        case = ask_departure("d" * 32, wanted, cashier, now_ms=at_ms)
        assert isinstance(case, Departure), case
        self._sign(Approval.objects.get(key=case.approval_key), at_ms)

    def _pay_out(self, day: date, cashier: User, at_ms: int) -> None:
        if day == self.periods[1].first + timedelta(days=12):
            self._answer(at_ms)
            done = pay_cash("d" * 32, cashier, now_ms=at_ms)
            self.say(f"  {day}: a departure is paid: {type(done).__name__}")

    def _sign(self, asked: object, at_ms: int) -> None:
        assert isinstance(asked, Approval), asked
        for name in ("finance", "director", "vice", "vice2"):
            if Approval.objects.get(pk=asked.number).state == Approval.State.WAITING:
                sign(asked.number, approve=True, reason="", actor=self.people[name], now_ms=at_ms)
        assert Approval.objects.get(pk=asked.number).state == Approval.State.APPROVED, asked

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
