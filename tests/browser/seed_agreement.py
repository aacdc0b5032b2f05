"""A period that is over, with four parties that differ: payments, gateways' balances, lists of K/3's and of readings."""

from datetime import date

from django.db import transaction

from central import clock
from central.campus.models import Account, Building
from central.desk.models import Payment, Receipt
from central.desk.numbering import RECEIPTS, locked_series, next_number
from central.domain.agreement_rows import Grain
from central.domain.four_way import Party
from central.domain.periods import Period
from central.link.models import Delivery, Gateway, GatewayEntry, Grant
from central.office.models import User
from central.papers.accounting import instants_of, last_over
from central.reports.agreement.looking import look
from central.reports.agreement.models import OutsideList
from central.reports.agreement.outside import bring_in, plan_list
from tests.browser.own_site import PASSWORD

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
PRICE = 558_300
YUAN = 1_000_000
DAYS_USED = 5
BEGAN_WITH = 40 * YUAN


def people_of_agreement() -> None:
    """Make those of the signing parties who are not there yet."""
    for name, role in (("wu", User.Role.ELECTRICIAN), ("zhao", User.Role.TECHNICIAN)):
        if not User.objects.filter(username=name).exists():
            User.objects.create_user(name, password=PASSWORD, role=role)


def accounts_of(code: str) -> list[Account]:
    found = Account.objects.filter(point__room__building__code=code).select_related("point__room__building")
    return list(found.order_by("code"))


def paid(account: Account, fen: int, at_ms: int, *, source: str = "payment") -> Grant:
    """Give credit as the desk did at an instant, with payment and receipt (none for a subsidy); the gateway has booked it."""
    name = f"past-{source}-{account.code}-{at_ms}"
    grant = Grant.objects.create(
        grant_id=name, account=account, bucket="paid", unit="yuan", amount=fen * 10_000, source=source, created_ms=at_ms
    )  # fmt: skip
    Delivery.objects.create(grant=grant, applied_ms=at_ms)
    if source == "payment":
        _receipt(account, name, fen, at_ms)
    return grant


@transaction.atomic
def _receipt(account: Account, name: str, fen: int, at_ms: int) -> None:
    cashier = User.objects.get(username="cashier")
    payment = Payment.objects.create(
        payment_id=name, account=account, bucket="paid", amount_fen=fen, cashier=cashier, at_ms=at_ms, grant=name
    )  # fmt: skip
    Receipt.objects.create(
        number=next_number(locked_series(RECEIPTS)), payment=payment, room=account.point.room.full_label, class_name="学生宿舍",
        cashier_name="cashier", amount_fen=fen, credited=fen * 10_000, unit="yuan", balance_before=0,
        balance_after=fen * 10_000, micro_yuan_per_kwh=PRICE, at_ms=at_ms,
    )  # fmt: skip


class Told:
    """What a gateway wrote of one account, entry by entry."""

    def __init__(self, account: Account, seq: int) -> None:
        self.account, self.seq = account, seq
        self.balance = self.carried = 0
        self.gateway = Gateway.objects.get(building=account.point.room.building)

    def credit(self, amount: int, at_ms: int) -> None:
        self.balance += amount
        self._entry("grant", at_ms, amount, 0, None)

    def use(self, wh: int, at_ms: int, received_ms: int = 0) -> None:
        nano = wh * PRICE + self.carried
        micro, self.carried = nano // 1000, nano % 1000
        self.balance -= micro
        self._entry("consumption", at_ms, -micro, wh, PRICE, received_ms)

    def _entry(
        self, kind: str, at_ms: int, amount: int, wh: int, price: int | None, received_ms: int = 0
    ) -> None:
        self.seq += 1
        GatewayEntry.objects.create(
            entry=f"{self.gateway.pk}.past.{self.seq}", gateway=self.gateway, epoch="past", seq=self.seq,
            account=self.account.code, kind=kind, cause="hour", at_ms=at_ms, at_trusted=True, boot="b", monotonic_ms=1,
            energy_wh=wh, micro_yuan_per_kwh=price, carried_nano_yuan=self.carried,
            lines=[["paid", "yuan", amount, self.balance]], booked=True, received_ms=received_ms or at_ms,
        )  # fmt: skip


def a_period(code: str, period: Period) -> dict[str, tuple[int, int]]:
    """Let each room of a building begin with 40 yuan, pay, and use energy on five days; give payment (fen) and use (Wh) by room."""
    from_ms, until_ms = instants_of(period)
    made = {}
    for place, account in enumerate(accounts_of(code)):
        told = Told(account, 100_000 * (int(code) + 1) + place * 100)
        told.credit(BEGAN_WITH, from_ms - DAY_MS)
        at_ms, fen, wh = from_ms + (2 + place % 5) * DAY_MS, 2_000 + place * 730, 2_310 + place * 170
        paid(account, fen, at_ms)
        told.credit(fen * 10_000, at_ms + 1_000)
        for day in range(DAYS_USED):
            told.use(wh + day * 10, from_ms + (8 + day) * DAY_MS)
        told.use(50, until_ms + HOUR_MS)
        made[account.point.room.full_label] = fen, DAYS_USED * wh + 100
    return made


def k3_list(rows: list[tuple[str, str, date, int]]) -> str:
    """Write K/3's rows: room, receipt, day, fen."""
    lines = [f"1号楼,{room},{number},{day},{fen / 100:.2f}" for room, number, day, fen in rows]
    return "楼栋,房间,收据号,日期,金额\n" + "\n".join(lines) + "\n"


def readings_list(used: dict[str, int]) -> str:
    lines = [f"1,{room},{wh / 1000:.3f}" for room, wh in used.items()]
    return "楼栋,房间,用电量\n" + "\n".join(lines) + "\n"


def receipts_of(period: Period) -> list[tuple[str, str, date, int]]:
    """Give building 1's payments as K/3 would have them."""
    from_ms, until_ms = instants_of(period)
    found = Receipt.objects.filter(at_ms__gte=from_ms, at_ms__lt=until_ms, room__startswith="1-").order_by(
        "number"
    )
    return [(one.room, f"{one.number:08d}", clock.campus_day(one.at_ms), one.amount_fen) for one in found]


def brought_in(text: str, party: Party, grain: Grain, period: Period, name: str) -> OutsideList:
    content, actor = text.encode("gbk"), User.objects.get(username="finance")
    plan = plan_list(content, party, grain, period, reader=actor)
    made = bring_in(plan, name, actor=actor, now_ms=clock.now_ms())
    assert isinstance(made, OutsideList), made.findings
    return made


def agreement() -> None:
    """Building 1 differs on every line; the others wait for their sources."""
    now_ms = clock.now_ms()
    people_of_agreement()
    period = last_over(now_ms)
    made = a_period("1", period)
    theirs = receipts_of(period)
    room, number, day, fen = theirs[1]
    theirs[1] = room, number, day, int(f"{fen}"[0] + f"{fen}"[2] + f"{fen}"[1] + f"{fen}"[3:])
    brought_in(k3_list(theirs[:-1]), Party.K3, Grain.ROWS, period, "K3电费收入.csv")
    used = {room: wh for room, (_fen, wh) in made.items()}
    brought_in(readings_list(used), Party.AUTOMATIC, Grain.PLACES, period, "网络中心抄表.csv")
    first = next(iter(used))
    brought_in(
        readings_list(used | {first: used[first] + 10_000}),
        Party.ELECTRICIAN,
        Grain.PLACES,
        period,
        "电工抄表.csv",
    )
    paid(accounts_of("1")[2], 500, instants_of(period)[0] + 6 * DAY_MS, source="subsidy")
    look(period, Building.objects.values_list("code", flat=True), now_ms)
