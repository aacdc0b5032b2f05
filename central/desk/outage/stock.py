"""The stock of sealed vouchers: made and destroyed by signatures, printed, counted; what of it is sold, credited, in the safe.

A voucher is signed for one room of one building with a fixed value in yuan, since a gateway knows a code by the account that it was
made for. It has no price: rooms kept in kWh are left out, their price may change before it is sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Account, Building
from central.desk.limits import limits_at
from central.desk.numbering import locked_series, next_number
from central.desk.outage.models import VoucherCount, VoucherPrint, VoucherStock
from central.domain.opening_rows import PAID
from central.ledger.operations import record_audit
from central.link.many_grants import lock_buildings
from central.link.models import Delivery, Gateway, StockVoucher, VoucherDestroyed
from central.link.stock_vouchers import keys_of, make_vouchers
from central.office.acts import Approved
from central.office.models import User
from gateway.contract.quantities import Fen, Unit, micro_yuan_from_fen

VOUCHERS = "vouchers"
"""The series of stocks."""
MOST_PER_ROOM, MOST_VOUCHERS = 5, 999
TWO_PERSONS = 2


class StockRefusal(StrEnum):
    """Why nothing became of it; a text key for the pages."""

    UNKNOWN_BUILDING = "unknown-building"
    NO_GATEWAY = "no-gateway"
    NO_ROOMS = "no-rooms"
    TOO_MANY = "too-many"
    BAD_VALUE = "bad-value"
    TWO_PERSONS = "two-persons"
    UNKNOWN_VOUCHER = "unknown-voucher"
    NOT_IN_SAFE = "not-in-safe"
    NO_REASON = "no-reason"
    NOTHING_CHOSEN = "nothing-chosen"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with what was refused."""

    why: StockRefusal
    what: str = ""


def rooms_for(building: Building) -> list[Account]:
    """Give the accounts of a building that vouchers can be made for: open, prepaid in yuan, paying for themselves."""
    accounts = Account.objects.filter(
        point__room__building=building,
        state=Account.State.OPEN,
        pays_from=None,
        point__billing="prepaid",
        point__customer_class__buckets__name=PAID,
        point__customer_class__buckets__unit=Unit.YUAN.value,
    )
    ordered = accounts.select_related("point__room__building", "point__customer_class")
    return list(ordered.order_by("point__room__floor", "point__room__label"))


def plan_stock(code: str, value_fen: int, per_room: int, now_ms: int) -> list[Account] | Refused:
    """Give the accounts that a stock would be for, or why there can't be one."""
    building = Building.objects.filter(code=code).first()
    if building is None:
        return Refused(StockRefusal.UNKNOWN_BUILDING, code)
    if not Gateway.objects.filter(building=building).exists():
        return Refused(StockRefusal.NO_GATEWAY, building.name)
    accounts = rooms_for(building)
    if not accounts:
        return Refused(StockRefusal.NO_ROOMS, building.name)
    if not 1 <= per_room <= MOST_PER_ROOM or len(accounts) * per_room > MOST_VOUCHERS:
        return Refused(StockRefusal.TOO_MANY)
    classes = {account.point.customer_class for account in accounts}
    if value_fen <= 0 or any(limits_at(one, now_ms).broken_by(value_fen) for one in classes):
        return Refused(StockRefusal.BAD_VALUE)
    return accounts


def make_stock(
    code: str, codes: Sequence[str], value_fen: int, per_room: int, approved: Approved
) -> VoucherStock | Refused:
    """Make a signed stock inside the caller's transaction; a room whose account is not open any more gets none."""
    if len(persons_of(approved)) < TWO_PERSONS:
        return Refused(StockRefusal.TWO_PERSONS)
    series = locked_series(VOUCHERS)
    building = Building.objects.get(code=code)
    gateway = lock_buildings([building.pk]).get(building.pk)
    if gateway is None:
        return Refused(StockRefusal.NO_GATEWAY, building.name)
    wanted = set(codes)
    accounts = [one for one in rooms_for(building) if one.code in wanted for _copy in range(per_room)]
    if not accounts:
        return Refused(StockRefusal.NO_ROOMS, building.name)
    number = next_number(series)
    stock = VoucherStock.objects.create(
        number=number,
        building=building,
        value_fen=value_fen,
        vouchers=len(accounts),
        why=approved.why[:300],
        approval=approved.number,
        asked_by=approved.asked_by,
        made_ms=approved.now_ms,
    )
    amount = micro_yuan_from_fen(Fen(value_fen))
    make_vouchers(number, gateway, accounts, PAID, Unit.YUAN.value, amount, approved.now_ms)
    _on_record(
        approved.asked_by, "make-vouchers", number, f"{len(accounts)} of {value_fen} fen", approved.now_ms
    )
    return stock


def persons_of(approved: Approved) -> set[int]:
    """Give who stands under a request: who asked, and who signed."""
    return {approved.asked_by.pk, *(person.pk for person in approved.signed_by)}


def destroy(number: int, vouchers: Sequence[str], approved: Approved) -> int | Refused:
    """Note that two people destroyed unsold vouchers, inside the caller's transaction; give how many.

    What was sold or credited is refused by name, and then none is destroyed.
    """
    if len(persons_of(approved)) < TWO_PERSONS:
        return Refused(StockRefusal.TWO_PERSONS)
    stock = VoucherStock.objects.get(pk=number)
    lock_buildings([stock.building_id])
    lines = {line.voucher.pk: line for line in lines_of(stock)}
    for one in vouchers:
        if one not in lines:
            return Refused(StockRefusal.UNKNOWN_VOUCHER, one)
        if not lines[one].in_safe or lines[one].redeemed:
            return Refused(StockRefusal.NOT_IN_SAFE, one)
    rows = [
        VoucherDestroyed(voucher_id=one, approval=approved.number, at_ms=approved.now_ms) for one in vouchers
    ]
    VoucherDestroyed.objects.bulk_create(rows)
    said = " ".join(vouchers)
    _on_record(approved.asked_by, "destroy-vouchers", number, f"{len(rows)}: {said}", approved.now_ms)
    return len(rows)


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One voucher: sold (its sale is entered), credited by its gateway, destroyed; whether its code still fits."""

    voucher: StockVoucher
    sold: bool
    redeemed: bool
    destroyed: bool
    fits: bool

    @property
    def in_safe(self) -> bool:
        """Say whether its envelope must lie in the safe (or with who sells, before the page is entered)."""
        return not self.sold and not self.destroyed

    @property
    def is_alarm(self) -> bool:
        """Credited, and nobody has entered its sale."""
        return self.redeemed and not self.sold


@dataclass(frozen=True, slots=True)
class StockSums:
    """A stock in numbers: made = in the safe + sold + destroyed."""

    made: int
    in_safe: int
    sold: int
    redeemed: int
    destroyed: int
    unpaid: int
    unfit: int


def lines_of(stock: VoucherStock) -> list[VoucherLine]:
    """Give every voucher of a stock as it stands."""
    vouchers = StockVoucher.objects.filter(stock=stock.pk).select_related(
        "account__point__room__building", "gateway", "redeemed", "destroyed"
    )
    grants = dict(Delivery.objects.filter(pk__in=vouchers.values("grant_id")).values_list("pk", "applied_ms"))
    keys: dict[str, str] = {}
    found = []
    for one in vouchers:
        if one.gateway_id not in keys:
            keys[one.gateway_id] = keys_of(one.gateway)
        is_open = one.account.state == Account.State.OPEN and one.account.pays_from_id is None
        found.append(
            VoucherLine(
                one,
                sold=one.grant_id in grants,
                redeemed=hasattr(one, "redeemed") or grants.get(one.grant_id) is not None,
                destroyed=hasattr(one, "destroyed"),
                fits=one.keys == keys[one.gateway_id] and is_open,
            )
        )
    return found


def sums_of(lines: Sequence[VoucherLine]) -> StockSums:
    """Count a stock."""
    return StockSums(
        made=len(lines),
        in_safe=sum(line.in_safe for line in lines),
        sold=sum(line.sold for line in lines),
        redeemed=sum(line.redeemed for line in lines),
        destroyed=sum(line.destroyed for line in lines),
        unpaid=sum(line.is_alarm for line in lines),
        unfit=sum(line.in_safe and not line.fits for line in lines),
    )


@transaction.atomic
def count_stock(
    stock: VoucherStock, counted: int, reason: str, *, actor: User, now_ms: int
) -> VoucherCount | Refused:
    """Keep a count of the envelopes; one that differs needs the numbers that are missing, and why."""
    lock_buildings([stock.building_id])
    expected = sums_of(lines_of(stock)).in_safe
    if counted != expected and not reason.strip():
        return Refused(StockRefusal.NO_REASON)
    row = VoucherCount.objects.create(
        stock=stock, counted=counted, expected=expected, reason=reason.strip()[:200], by=actor, at_ms=now_ms
    )
    _on_record(actor, "count-vouchers", stock.pk, f"{counted} of {expected}; {row.reason}", now_ms)
    return row


@transaction.atomic
def note_print(stock: VoucherStock, reason: str, *, actor: User, now_ms: int) -> VoucherPrint | Refused:
    """Keep who saw the codes: the first time without, every later time with a reason."""
    VoucherStock.objects.select_for_update(no_key=True).get(pk=stock.pk)
    copy = stock.prints.count()
    if copy and not reason.strip():
        return Refused(StockRefusal.NO_REASON)
    row = VoucherPrint.objects.create(
        stock=stock, copy=copy, by=actor, at_ms=now_ms, reason=reason.strip()[:120] if copy else ""
    )
    _on_record(actor, "print-vouchers", stock.pk, f"print {copy}; {row.reason}", now_ms)
    return row


def _on_record(actor: User, action: str, number: int, detail: str, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(), action=action, subject=f"stock {number}", detail=detail, now_ms=now_ms
    )
