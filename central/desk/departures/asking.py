"""Ask for a refund, a departure, a room change: stored and put before those who sign, in one transaction (C-8, R-4.2.1).

Below the desk's own limit nobody signs, and it is carried out at once. The gateway is locked before the account is read: what is
asked for is asked once, and no second case of the same account begins beside it.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum

from central.campus.models import Account
from central.campus.queries import building_of, price_at
from central.clock import campus_day, start_of_day_ms
from central.desk.departures.models import Departure, PayBy
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.states import open_case_of
from central.domain.selling import money_back
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from central.link.outbox import lock_gateway_or_building
from central.office.approvals import ApprovalRefusal, ask
from central.office.dated_settings import number_at
from central.office.models import Approval, User
from gateway.contract.quantities import MicroYuanPerKwh, Unit

REFUND_ACT, SMALL_ACT = "refund", "refund-small"
LIMIT = "refund.desk-limit"
BUCKET = "paid"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `asked` is of a refund, in the account's unit; `to_account` of a room change."""

    account: str
    kind: str
    why: str
    pay_by: str = PayBy.CASH
    asked: int = 0
    to_account: str = ""
    asked_for: str = ""
    bank_account: str = ""
    parts_returned: bool = False
    parts: str = ""


Asked = Departure | Refused | ApprovalRefusal


@transaction.atomic
def ask_departure(case_id: str, wanted: Wanted, actor: User, *, now_ms: int) -> Asked:
    """Ask for a case; `case_id` is the page's: the same again gives the same case. Refused by name, nothing is stored."""
    building = building_of(wanted.account)
    if building is None:
        return Refused(Why.UNKNOWN_ACCOUNT, wanted.account)
    lock_gateway_or_building(building)
    account = Account.objects.select_related("point__customer_class", "point__room").get(code=wanted.account)
    known = Departure.objects.filter(pk=case_id).select_related("account", "to_account").first()
    if known is not None:
        return known if _same(known, wanted) else Refused(Why.EXISTS_WITH_DIFFERENT)
    target = Account.objects.filter(code=wanted.to_account).select_related("point__customer_class").first()
    held = held_of(account)
    if refusal := refusal_for(account, now_ms) or _wanted_refusal(wanted, account, held, target):
        return refusal
    case = Departure.objects.create(
        case_id=case_id,
        kind=wanted.kind,
        account=account,
        unit=account.point.customer_class.unit,
        asked=wanted.asked,
        balance=held,
        pay_by=wanted.pay_by,
        to_account=target,
        parts_returned=wanted.parts_returned,
        **_texts(wanted),
        asked_by=actor,
        asked_ms=now_ms,
    )
    return _put_before_signers(case, actor, now_ms)


def _put_before_signers(case: Departure, actor: User, now_ms: int) -> Asked:
    act = SMALL_ACT if _is_small(case, now_ms) else REFUND_ACT
    content = {"case": case.pk, "kind": case.kind, "account": case.account.code, "asked": case.asked}
    done = ask(
        act,
        content,
        subject=case.account.code,
        why=case.why,
        actor=actor,
        now_ms=now_ms,
        key=case.approval_key,
    )
    if isinstance(done, ApprovalRefusal):
        transaction.set_rollback(True)
        return done
    return case


def held_of(account: Account) -> int:
    """Give what an account's refundable balance and what was taken back of it come to, in its unit."""
    unit = account.point.customer_class.unit
    names = account.point.customer_class.buckets.filter(refundable=True, unit=unit).values_list(
        "name", flat=True
    )
    sides = [chart.customer(account.code, name, unit) for name in names]
    return sum(balances([*sides, chart.taken_back(account.code, unit)]).values())


def refusal_for(account: Account, now_ms: int) -> Refused | None:
    """Say why nothing can be asked of an account now, whatever for; its gateway is locked."""
    if account.pays_from_id is not None:
        return Refused(Why.PAYS_ELSEWHERE, account.pays_from.code)
    others = account.members.exclude(state=Account.State.CLOSED).values_list("code", flat=True)
    if others:
        return Refused(Why.PAYS_FOR_OTHERS, ", ".join(sorted(others)))
    if account.state != Account.State.OPEN:
        return Refused(Why.ACCOUNT_NOT_OPEN, account.code)
    if account.point.billing != "prepaid":
        return Refused(Why.NOT_PREPAID, account.code)
    other = open_case_of(account, now_ms)
    return Refused(Why.ALREADY_ASKED, other.pk) if other else None


def _wanted_refusal(wanted: Wanted, account: Account, held: int, target: Account | None) -> Refused | None:
    kind = wanted.kind
    if not wanted.why.strip():
        return Refused(Why.NO_REASON)
    if not wanted.asked_for.strip():
        return Refused(Why.NO_NAME)
    if wanted.parts_returned and not wanted.parts.strip():
        return Refused(Why.NO_PARTS)
    if kind == Departure.Kind.ROOM_CHANGE:
        return target_refusal(account, target, wanted.to_account)
    if wanted.pay_by not in (PayBy.CASH, PayBy.BANK) or wanted.to_account:
        return Refused(Why.WRONG_WAY)
    if wanted.pay_by == PayBy.BANK and not wanted.bank_account.strip():
        return Refused(Why.NO_BANK_ACCOUNT)
    if kind == Departure.Kind.REFUND and wanted.asked <= 0:
        return Refused(Why.NOT_POSITIVE)
    if kind == Departure.Kind.REFUND and wanted.asked > held:
        return Refused(Why.MORE_THAN_THERE, account.code)
    return None


def target_refusal(account: Account, target: Account | None, said: str) -> Refused | None:
    """Say why credit can't go on to another room's account: it must be open, its own, and kept alike (C-4)."""
    if target is None:
        return Refused(Why.NO_TARGET, said)
    if target.point_id == account.point_id:
        return Refused(Why.SAME_ROOM, said)
    if target.state != Account.State.OPEN or target.point.billing != "prepaid":
        return Refused(Why.NO_TARGET, target.code)
    if target.pays_from_id is not None:
        return Refused(Why.PAYS_ELSEWHERE, target.pays_from.code)
    old, new = account.point.customer_class, target.point.customer_class
    alike = old.unit == new.unit and (old.unit == Unit.YUAN or old.pk == new.pk)
    if not alike or not new.buckets.filter(name=BUCKET, unit=new.unit, refundable=True).exists():
        return Refused(Why.OTHER_UNIT, target.code)
    return None


def _is_small(case: Departure, now_ms: int) -> bool:
    """Say whether the desk alone may decide: the limit is above zero, and what can leave is not above it.

    What was asked of the account on the same day counts with it: no sum gets past the signers in small parts.
    """
    limit_fen = number_at(LIMIT, now_ms)
    price = price_at(case.account.point.customer_class.tariff_id, now_ms)
    per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh if price else 0)
    today = Departure.objects.filter(account=case.account, asked_ms__gte=start_of_day_ms(campus_day(now_ms)))
    asked = today.aggregate(sum=Sum("asked", default=0))["sum"]
    amount = case.balance + asked if case.closes else asked
    fen, _rest = money_back(max(amount, 0), Unit(case.unit), per_kwh)
    return limit_fen > 0 and fen <= limit_fen and (price is not None or case.unit == Unit.YUAN)


def _same(known: Departure, wanted: Wanted) -> bool:
    """Say whether a page that was sent again says what it said before: to whom the money goes, too."""
    to = known.to_account.code if known.to_account else ""
    said = (known.account.code, known.kind, known.asked, known.pay_by, to)
    same = said == (wanted.account, wanted.kind, wanted.asked, wanted.pay_by, wanted.to_account)
    return same and all(getattr(known, name) == text for name, text in _texts(wanted).items())


def _texts(wanted: Wanted) -> dict[str, str]:
    """Give what is written on a case, as it is kept."""
    return {
        "asked_for": wanted.asked_for.strip()[:80],
        "bank_account": wanted.bank_account.strip()[:120],
        "parts": wanted.parts.strip()[:200],
        "why": wanted.why.strip()[:200],
    }


def approval_of(case: Departure) -> Approval | None:
    """Give the request that is signed for a case."""
    return Approval.objects.filter(key=case.approval_key).first()
