"""Change the campus: each change moves its building's revision, so that the gateway is told, and is announced for the audit.

Refusals are named results. One transaction each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from central.campus.changes import announce, touch, touch_all
from central.campus.import_plan import ImportPlan, point_code
from central.campus.models import (
    Account,
    Binding,
    Bucket,
    Building,
    Customer,
    CustomerClass,
    Meter,
    MeteringPoint,
    Occupancy,
    Price,
    Room,
    Tariff,
)
from central.campus.rules import whole_mistakes
from central.clock import campus_day
from central.domain.campus_rows import ClassRow, Fault, PriceRow, Problem, RoomRow
from central.domain.rule_json import RuleKind, RuleMistake, shape_mistakes
from gateway.contract.quantities import NotAnAmount, Unit, price_from_yuan_per_kwh
from gateway.contract.rules import PolicyRule

BUCKETS = (("subsidy", False), ("paid", True))
"""What every class starts with, in the order of use: a gift is used before money."""


class CampusRefusal(StrEnum):
    """Why the campus was not changed."""

    HAS_PROBLEMS = "has-problems"
    UNKNOWN_CLASS = "unknown-class"
    UNKNOWN_ACCOUNT = "unknown-account"
    UNKNOWN_METER = "unknown-meter"
    UNKNOWN_POINT = "unknown-point"
    NOT_A_PRICE = "not-a-price"
    PRICE_EXISTS = "price-exists"
    PRICE_TOO_OLD = "price-too-old"
    """Gateways have folded away what it would have to correct."""
    PRICE_NEEDS_A_LIST = "price-needs-a-list"
    """An import may give a class its first price only."""
    BAD_RULES = "bad-rules"
    """What is wrong with a price's windows or steps, or with what an import would make, is listed."""
    BINDING_EXISTS = "binding-exists"
    ACCOUNT_NOT_CLOSED = "account-not-closed"
    ACROSS_GATEWAYS = "across-gateways"
    """A merged balance lives on one gateway (C-4)."""
    NO_REASON = "no-reason"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with the text that was refused."""

    why: CampusRefusal
    what: str = ""
    mistakes: tuple[RuleMistake, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Rows of the list that was to be imported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    rooms: int
    classes: int
    prices: int


@transaction.atomic
def carry_out(plan: ImportPlan, *, actor: str, now_ms: int) -> Imported | Refused:
    """Carry out an import as a whole; refused while it has problems, or would make a configuration that a gateway doesn't take.

    Mistakes that were there before don't stand in its way, nor does what a new building still lacks, such as a price.
    """
    if not plan.can_be_carried_out:
        return Refused(CampusRefusal.HAS_PROBLEMS, str(len(plan.problems)))
    unsigned = tuple(_without_a_list(plan, now_ms))
    if unsigned:
        return Refused(CampusRefusal.PRICE_NEEDS_A_LIST, unsigned[0].found, problems=unsigned)
    firsts = _first_prices(plan)
    standing = list(_buildings_of(plan))
    before = set(whole_mistakes(standing))
    _put(plan, now_ms)
    made = tuple(one for one in whole_mistakes(standing) if one not in before)
    if made:
        transaction.set_rollback(True)
        return Refused(CampusRefusal.BAD_RULES, mistakes=made)
    touch({building.code for building in _buildings_of(plan)})
    done = Imported(len(plan.rooms), len(plan.classes), len(plan.prices))
    detail = f"{done.rooms} rooms, {done.classes} classes{firsts}"
    announce(actor, "import-campus", "campus", detail[:400], now_ms)
    return done


def _put(plan: ImportPlan, now_ms: int) -> None:
    for klass in plan.classes:
        _put_class(klass)
    for price in plan.prices:
        _put_price(price)
    for code, micro_yuan in _stated(plan).items():
        _put_stated_price(code, micro_yuan, now_ms)
    _put_rooms(plan.rooms, now_ms)


def _buildings_of(plan: ImportPlan) -> Iterable[Building]:
    every = Building.objects.order_by("code")
    if plan.classes or plan.prices:
        return every
    return every.filter(code__in={row.building for row in plan.rooms})


def _without_a_list(plan: ImportPlan, now_ms: int) -> Iterator[Problem]:
    """A price that would take over from one that a class has: that is a price list's, approved and dated (R-4.1.3)."""
    for row in plan.prices:
        had = Price.objects.filter(tariff__code=row.customer_class)
        if had.exists() and not had.filter(from_ms=row.from_ms).exists():
            yield Problem(row.row, "price", Fault.PRICE_NEEDS_A_LIST, row.customer_class, "")
    for code, micro_yuan in _stated(plan).items():
        had = Price.objects.filter(tariff__code=code)
        now = had.filter(from_ms__lte=now_ms).order_by("-from_ms").first()
        if had.exists() and (now is None or now.micro_yuan_per_kwh != micro_yuan):
            row = next(row.row for row in plan.rooms if row.customer_class == code)
            yield Problem(row, "price", Fault.PRICE_NEEDS_A_LIST, code, "")


def _stated(plan: ImportPlan) -> dict[str, int]:
    """Give the prices that stand beside rooms, by class."""
    return {
        row.customer_class: row.micro_yuan_per_kwh for row in plan.rooms if row.micro_yuan_per_kwh is not None
    }


def _first_prices(plan: ImportPlan) -> str:
    """Say for the audit which classes get their first price by this list, unsigned: a new house has nobody to sign yet."""
    asked = {row.customer_class for row in plan.prices} | set(_stated(plan))
    known = set(Price.objects.filter(tariff__code__in=asked).values_list("tariff__code", flat=True))
    firsts = sorted(asked - known)
    return f", first prices of {', '.join(firsts)}" if firsts else ""


@transaction.atomic
def publish_price(
    class_code: str,
    yuan_per_kwh: str,
    from_ms: int,
    *,
    windows: object = (),
    steps: object = (),
    actor: str,
    now_ms: int,
) -> Price | Refused:
    """Give a class a price from an instant on, at most four decimals (C-9). A published price is never changed.

    `windows` and `steps` are lists as the message's `PriceWindow`s and `PriceStep`s.
    """
    customer_class = CustomerClass.objects.filter(code=class_code).select_related("tariff").first()
    if customer_class is None:
        return Refused(CampusRefusal.UNKNOWN_CLASS, class_code)
    try:
        micro_yuan = price_from_yuan_per_kwh(yuan_per_kwh)
    except NotAnAmount:
        return Refused(CampusRefusal.NOT_A_PRICE, yuan_per_kwh)
    if not 0 <= micro_yuan <= 100_000_000:
        return Refused(CampusRefusal.NOT_A_PRICE, yuan_per_kwh)
    if Price.objects.filter(tariff=customer_class.tariff, from_ms=from_ms).exists():
        return Refused(CampusRefusal.PRICE_EXISTS, class_code)
    if from_ms < now_ms - _shortest_ledger_ms() and customer_class.tariff.prices.exists():
        return Refused(CampusRefusal.PRICE_TOO_OLD, class_code)
    windows, steps = windows or [], steps or []
    found = [
        *shape_mistakes(RuleKind.PRICE_WINDOWS, windows, f"class {class_code}"),
        *shape_mistakes(RuleKind.PRICE_STEPS, steps, f"class {class_code}"),
    ]
    if found:
        return Refused(CampusRefusal.BAD_RULES, class_code, tuple(found))
    price = _new_price(customer_class.tariff, micro_yuan, from_ms, windows=windows, steps=steps)
    touch_all()
    announce(actor, "publish-price", class_code, f"{yuan_per_kwh} from {from_ms}", now_ms)
    return price


@transaction.atomic
def set_protected(
    point: str, protected: bool, *, actor: str, why: str, now_ms: int
) -> MeteringPoint | Refused:
    """Say whether a metering point may never be cut (C-16)."""
    if not why.strip():
        return Refused(CampusRefusal.NO_REASON)
    found = MeteringPoint.objects.filter(code=point).select_related("room__building").first()
    if found is None:
        return Refused(CampusRefusal.UNKNOWN_POINT, point)
    found.protected = protected
    found.save(update_fields=["protected"])
    touch({found.room.building.code})
    announce(actor, "protect" if protected else "unprotect", point, why, now_ms)
    return found


@transaction.atomic
def bind_meter(
    meter_no: str, account_code: str, from_ms: int, baseline_wh: int | None, *, actor: str, now_ms: int
) -> Binding | Refused:
    """Tie a meter to an account from an instant on (C-3). An account's newest binding wins: the one before is replaced. A meter
    of another building's gateway is refused by name (C-4)."""
    account = Account.objects.filter(code=account_code).select_related("point__room__building").first()
    if account is None:
        return Refused(CampusRefusal.UNKNOWN_ACCOUNT, account_code)
    meter = Meter.objects.filter(meter_no=meter_no).first()
    if meter is None:
        return Refused(CampusRefusal.UNKNOWN_METER, meter_no)
    if meter.building_id != account.point.room.building_id:
        return Refused(CampusRefusal.ACROSS_GATEWAYS, f"{meter_no} / {account_code}")
    if Binding.objects.filter(meter=meter, from_ms=from_ms).exists():
        return Refused(CampusRefusal.BINDING_EXISTS, meter_no)
    touch({account.point.room.building.code})
    binding = _new_binding(meter, account, from_ms, baseline_wh)
    announce(actor, "bind-meter", account_code, f"{meter_no} from {from_ms}", now_ms)
    return binding


@transaction.atomic
def add_meter(meter_no: str, building_code: str, *, actor: str, now_ms: int) -> Meter:
    """Take a meter into the campus, tied to nothing yet. The same again changes nothing."""
    building = Building.objects.select_for_update(no_key=True).get(code=building_code)
    meter, made = Meter.objects.get_or_create(meter_no=meter_no, defaults={"building": building})
    if made:
        announce(actor, "add-meter", meter_no, building_code, now_ms)
    return meter


@transaction.atomic
def open_account(
    point: str, occupants: Iterable[tuple[str, str]], from_ms: int, *, actor: str, now_ms: int
) -> Account | Refused:
    """Begin a new occupancy of a metering point: a new account on the same meter (C-4). The one before must be closed (C-8)."""
    found = MeteringPoint.objects.filter(code=point).select_related("room__building").first()
    if found is None:
        return Refused(CampusRefusal.UNKNOWN_POINT, point)
    if found.accounts.exclude(state=Account.State.CLOSED).exists():
        return Refused(CampusRefusal.ACCOUNT_NOT_CLOSED, point)
    last = Binding.objects.filter(account__point=found).order_by("from_ms").select_related("meter").last()
    account = _new_account(found, from_ms)
    _put_occupants(account, occupants, from_ms)
    if last is not None:
        _new_binding(last.meter, account, from_ms, None)
    touch({found.room.building.code})
    announce(actor, "open-account", account.code, point, now_ms)
    return account


def _put_class(row: ClassRow) -> CustomerClass:
    tariff, _made = Tariff.objects.get_or_create(code=row.code, defaults={"name": row.name})
    always = {"unit": row.unit.value, "tariff": tariff}
    by_column = {
        "name": ("name", row.name),
        "group": ("group", row.group),
        "overdraft": ("overdraft", row.overdraft),
        "warn_at": ("warn_at", list(row.warn_at)),
        "minimum": ("minimum_fen", row.minimum_fen),
        "ceiling": ("ceiling_fen", row.ceiling_fen),
    }
    customer_class, made = CustomerClass.objects.update_or_create(
        code=row.code,
        defaults={**always, **_said(row, by_column)},
        create_defaults={**always, **dict(by_column.values())},
    )
    for order, (name, refundable) in enumerate(BUCKETS, start=1):
        Bucket.objects.update_or_create(
            customer_class=customer_class,
            name=name,
            defaults={"unit": row.unit.value, "order": order}
            if not made
            else {"unit": row.unit.value, "order": order, "refundable": refundable},
        )
    return customer_class


@transaction.atomic
def make_default_classes() -> None:
    """Give a new campus the classes of the procedure: dormitory, merchant, staff, each in yuan. Existing ones stay."""
    for code, name in (("dormitory", "学生宿舍"), ("merchant", "商户"), ("staff", "教工住户")):
        if not CustomerClass.objects.filter(code=code).exists():
            _put_class(ClassRow(0, code, name, code, Unit.YUAN, 0, (10_000_000, 5_000_000), 100, 500_000))


def _put_price(row: PriceRow) -> None:
    tariff = CustomerClass.objects.get(code=row.customer_class).tariff
    if not Price.objects.filter(tariff=tariff, from_ms=row.from_ms).exists():
        _new_price(tariff, row.micro_yuan_per_kwh, row.from_ms)


def _put_stated_price(class_code: str, micro_yuan: int, now_ms: int) -> None:
    """A price beside the rooms is the class's first one, from now on; the one that it has, said again, changes nothing."""
    tariff = CustomerClass.objects.get(code=class_code).tariff
    if not tariff.prices.exists():
        _new_price(tariff, micro_yuan, now_ms)
        touch_all()


def _shortest_ledger_ms() -> int:
    """Give how far back every gateway still has its entries: a price that reaches further would correct only a part of them."""
    usual = PolicyRule().keep_ledger_days
    kept = Building.objects.values_list("policy", flat=True)
    return min((policy.get("keep_ledger_days", usual) for policy in kept), default=usual) * 86_400_000


def _new_price(tariff: Tariff, micro_yuan: int, from_ms: int, **parts: object) -> Price:
    version = f"{tariff.code}.{from_ms}"
    return Price.objects.create(
        version=version, tariff=tariff, from_ms=from_ms, micro_yuan_per_kwh=micro_yuan, **parts
    )


def _put_rooms(rows: list[RoomRow], now_ms: int) -> None:
    classes = {c.code: c for c in CustomerClass.objects.all()}
    buildings: dict[str, Building] = {}
    for row in rows:
        building = buildings.get(row.building) or _put_building(row)
        buildings[row.building] = building
        floor = {"floor": row.floor}
        room, _made = Room.objects.update_or_create(
            building=building, label=row.room, defaults=floor if "floor" in row.said else {}, create_defaults=floor
        )  # fmt: skip
        point, made = _put_point(row, room, classes[row.customer_class])
        account = None if made else point.accounts.exclude(state=Account.State.CLOSED).first()
        if account is None:
            account = _new_account(point, now_ms)
        _put_occupants(account, row.occupants, now_ms)
        _put_meter(row, building, account, now_ms)


def _put_point(row: RoomRow, room: Room, customer_class: CustomerClass) -> tuple[MeteringPoint, bool]:
    always = {"code": point_code(row), "customer_class": customer_class}
    by_column = {
        "cut_off": ("cut_off", row.cut_off.value),
        "billing": ("billing", row.billing.value),
        "protected": ("protected", row.protected),
        "max_power_w": ("max_power_w", row.max_power_w),
    }
    return MeteringPoint.objects.update_or_create(
        room=room,
        defaults={**always, **_said(row, by_column)},
        create_defaults={**always, **dict(by_column.values())},
    )


def _said(row: RoomRow | ClassRow, by_column: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """Keep the fields whose column the list fills: a list that is silent about a protection doesn't take it away (C-16)."""
    return dict(pair for column, pair in by_column.items() if column in row.said)


def _put_building(row: RoomRow) -> Building:
    building, made = Building.objects.get_or_create(code=row.building, defaults={"name": row.building_name})
    if not made and row.building_name not in (row.building, building.name):
        building.name = row.building_name
        building.save(update_fields=["name"])
    return building


def _put_meter(row: RoomRow, building: Building, account: Account, now_ms: int) -> None:
    if not row.meter:
        return
    meter, _made = Meter.objects.get_or_create(meter_no=row.meter, defaults={"building": building})
    if not account.bindings.filter(meter=meter).exists():
        _new_binding(meter, account, now_ms, row.baseline_wh)


def _put_occupants(account: Account, occupants: Iterable[tuple[str, str]], from_ms: int) -> None:
    for number, name in occupants:
        customer, _made = Customer.objects.get_or_create(number=number, defaults={"name": name})
        if not account.occupancies.filter(customer=customer, until_day=None).exists():
            Occupancy.objects.create(account=account, customer=customer, from_day=campus_day(from_ms))


def _new_account(point: MeteringPoint, from_ms: int) -> Account:
    ordinal = point.accounts.count() + 1
    return Account.objects.create(code=f"{point.code}.{ordinal}", point=point, opened_ms=from_ms)


def _new_binding(meter: Meter, account: Account, from_ms: int, baseline_wh: int | None) -> Binding:
    ordinal = meter.bindings.count() + 1
    code = f"{meter.meter_no}.{ordinal}"[:64]
    return Binding.objects.create(
        code=code, meter=meter, account=account, from_ms=from_ms, baseline_wh=baseline_wh
    )
