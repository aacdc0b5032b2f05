"""What befalls the demo campus beside everyday sales: a receipt corrected, a subsidy, meters read by hand, merchants billed, a room
left. Each by the product's own operations, with the signatures that it takes.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from central.campus.models import Bucket, Building
from central.desk.binding import WantedRange, bind_volume
from central.desk.corrections.operations import Corrected, Right, correct
from central.desk.departures.asking import Wanted, ask_departure
from central.desk.departures.models import Departure, DeparturePaid
from central.desk.departures.paying import pay_cash
from central.desk.merchants.bill_acts import ask_for_bills
from central.desk.merchants.billing import plan_bills
from central.desk.merchants.pay_bill import pay_bill
from central.desk.operations import Paid, pay
from central.desk.subsidies.batches import ask_subsidy
from central.desk.subsidies.plan import Choice, plan_subsidy
from central.domain.periods import Period
from central.losses.readings.closing import check_sheet, close_sheet
from central.losses.readings.entering import Entry, enter
from central.losses.readings.meters import sheet_meters
from central.losses.readings.models import HandReading, ReadingSheet
from central.office.approvals import sign
from central.office.models import Approval, User
from central.papers.accounting import instants_of
from tests.reports.campus_gateway import HOUR_MS, CampusGateway
from tests.reports.campus_meetings import hold_meetings

SAME_ROOM, WRONG_ROOM, LEAVES = "1-101.1", "1-102.1", "1-106.1"
LEFT_ON = timedelta(days=12)
"""From the last period's begin."""


@dataclass
class Happenings:
    """The campus's people and gateways on a day."""

    periods: list[Period]
    gateways: list[CampusGateway]
    people: dict[str, User]

    def on(self, day: date, cashier: User, at_ms: int) -> None:
        """Do what befalls on a day."""
        if day == self.periods[1].first + timedelta(days=5):
            self._subsidy(day, at_ms)
            ranges = [WantedRange("", 1, 40)]
            bind_volume("2026-10", ranges, "档案室 3 柜", day, actor=cashier, now_ms=at_ms)
        for period in self.periods:
            if day == period.first + timedelta(days=9):
                self._correction(day, cashier, at_ms)
            if day == period.last:
                self._read_meters(period, at_ms - HOUR_MS)
            if day == period.after:
                self._agree_readings(period, cashier, at_ms)
            if day == period.after + timedelta(days=1):
                self._bills(period, at_ms)
            if day == period.after + timedelta(days=4):
                paid = pay_bill(f"bill-{period.name}", 1, 5_000, cashier, now_ms=at_ms)
                assert isinstance(paid, Paid), paid
        if day == self.periods[1].first + timedelta(days=9):
            hold_meetings(self.people, at_ms)
        for back, raised in ((8, True), (10, False)):
            if day == self.periods[1].first + timedelta(days=back):
                self.gateways[0].sound("relay-contradicted", "M1-107", raised=raised, at_ms=at_ms)
        if day == self.periods[1].first:
            self.gateways[0].sound("meter-silent", "M1-109", raised=True, at_ms=at_ms)
        if day == self.periods[1].first + LEFT_ON:
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

    def _read_meters(self, period: Period, at_ms: int) -> None:
        """Let the electrician read every meter of the second building."""
        gateway, wu = self.gateways[1], self.people["electrician"]
        registers = {one.room.meter: one.register_wh for one in gateway.rooms}
        building = Building.objects.get(code=gateway.building.code)
        for place, one in enumerate(sheet_meters(building, at_ms)):
            wh = registers.get(one.meter, gateway.master_wh) // 10 * 10
            entry = Entry(
                f"{period.name}-{place}", one.meter, f"{wh // 1000}.{wh % 1000 // 10:02d}", at_ms=at_ms
            )
            done = enter(building, period, entry, actor=wu, now_ms=at_ms)
            assert isinstance(done, HandReading), done

    def _agree_readings(self, period: Period, cashier: User, at_ms: int) -> None:
        """Close the sheet, compare it, and let it be signed."""
        sheet = ReadingSheet.objects.get(period=period.name)
        closed = close_sheet(sheet.pk, actor=self.people["electrician"], now_ms=at_ms)
        assert isinstance(closed, ReadingSheet), closed
        asked = check_sheet(
            closed.pk, "与卡机房读数核对无误", f"sheet-{period.name}", actor=cashier, now_ms=at_ms
        )
        self._sign(asked, at_ms)

    def _departure(self, cashier: User, at_ms: int) -> None:
        wanted = Wanted(
            LEAVES, "departure", "毕业离校", asked_for="王小明", parts_returned=True, parts="00000012"
        )
        case = ask_departure("d" * 32, wanted, cashier, now_ms=at_ms)
        assert isinstance(case, Departure), case
        self._sign(Approval.objects.get(key=case.approval_key), at_ms)

    def pay_out(self, day: date, cashier: User, at_ms: int) -> None:
        """Pay who has left, once the gateway has given back what was left."""
        if day == self.periods[1].first + LEFT_ON:
            done = pay_cash("d" * 32, cashier, now_ms=at_ms)
            assert isinstance(done, DeparturePaid), done

    def _sign(self, asked: object, at_ms: int) -> None:
        assert isinstance(asked, Approval), asked
        for name in ("finance", "director", "vice", "vice2"):
            if Approval.objects.get(pk=asked.number).state == Approval.State.WAITING:
                sign(asked.number, approve=True, reason="", actor=self.people[name], now_ms=at_ms)
        assert Approval.objects.get(pk=asked.number).state == Approval.State.APPROVED, asked
