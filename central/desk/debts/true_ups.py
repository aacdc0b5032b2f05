"""Book a true-up of what nobody metered: owed outside the balance, or given back (R-4.3.5). Each once; nobody is cut by it.

owed        debt of the account   -> adjustments          collected by a person, never before its grace period is over
given back  adjustments           -> credit               an adjustment's grant; of a closed account: what may be paid out
reversed    the other way round: first what is still owed of it, what had been paid is given back

Never takings, never a subsidy. It counts when the interval ended, as long as that period isn't locked; else later, with both dates.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from central.campus.models import Account
from central.campus.queries import payer_code
from central.desk.debts.models import DebtWriteOff
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.debts.true_up_models import DebtTrueUp
from central.desk.departures.settling import settle_arrears
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new
from central.ledger.queries import balance
from central.link.grants import issue_grant
from central.link.models import Gateway, Grant
from central.link.outbox import lock_gateway_or_building
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

KIND, BACK = "true-up", "true-up-reversed"
BUCKET = "paid"
REVERSAL = "-r"


@dataclass(frozen=True, slots=True)
class TrueUpBooking:
    """What is to be booked: `amount` above zero is owed, below zero given back; in the account's unit."""

    name: str
    account: str
    unit: str
    amount: int
    energy_wh: int
    is_estimated: bool
    from_ms: int
    to_ms: int
    collect_from_ms: int
    note: str


def book_true_up(asked: TrueUpBooking, now_ms: int) -> DebtTrueUp | Refused:
    """Book a true-up inside the caller's transaction; the same name again is the same row."""
    found = _locked_payer(asked.account)
    if isinstance(found, Refused):
        return found
    account, gateway = found
    known = DebtTrueUp.objects.filter(pk=asked.name).first()
    if known is not None:
        same = (known.used_by, known.unit, known.amount) == (asked.account, asked.unit, asked.amount)
        return known if same else Refused(Why.EXISTS_WITH_DIFFERENT, asked.name)
    if not asked.amount:
        return Refused(Why.NOT_POSITIVE)
    done = _store(asked, account, asked.amount, 0, now_ms)
    counts_ms = min(asked.to_ms - 1, now_ms)  # what ends with a period is that period's, as a bill has it
    if asked.amount > 0:
        owed, ours = chart.owed(account.code, asked.unit), chart.adjustments(asked.unit)
        book_new([Draft(done.pk, owed, ours, asked.amount, KIND, counts_ms, done.pk, asked.note)], now_ms)
    else:
        _give(done, gateway, -asked.amount, KIND, counts_ms, asked.note, now_ms)
    return done


def reverse_true_up(name: str, why: str, now_ms: int) -> DebtTrueUp | Refused:
    """Take a booked true-up back, whole and once: what is still owed of it is let go, what was paid of it given back.

    One that was given back becomes owed: credit is never taken by this.
    """
    known = DebtTrueUp.objects.filter(pk=name).first()
    if known is None:
        return Refused(Why.UNKNOWN_DEBT, name)
    found = _locked_payer(known.used_by, known.account)
    if isinstance(found, Refused):
        return found
    account, gateway = found
    done = DebtTrueUp.objects.filter(pk=name + REVERSAL).first()
    if done is not None:
        return done
    owed, ours = chart.owed(account.code, known.unit), chart.adjustments(known.unit)
    asked = TrueUpBooking(
        name + REVERSAL, known.used_by, known.unit, -known.amount, -known.energy_wh, known.is_estimated,
        known.from_ms, known.to_ms, now_ms, why,
    )  # fmt: skip
    if known.amount < 0:
        done = _store(asked, account, asked.amount, 0, now_ms)
        book_new([Draft(done.pk, owed, ours, asked.amount, BACK, now_ms, name, why)], now_ms)
        return done
    let_go = min(known.amount, max(balance(owed), 0))
    given = max(known.amount - let_go - _written_off(account, known), 0)
    if not let_go + given:
        return Refused(Why.NOTHING_OWED, name)
    done = _store(asked, account, -(let_go + given), let_go, now_ms)
    if let_go:
        book_new([Draft(done.pk, ours, owed, let_go, BACK, now_ms, name, why)], now_ms)
    if given:
        _give(done, gateway, given, BACK, now_ms, why, now_ms)
    return done


def _written_off(account: Account, booked: DebtTrueUp) -> int:
    """Give what of the room's debts was written off since a true-up was booked: nobody paid it, so nobody gets it back."""
    rows = DebtWriteOff.objects.filter(account=account, share=None, penalty=None, at_ms__gte=booked.at_ms)
    fen = rows.aggregate(sum=Sum("amount_fen"))["sum"] or 0
    return int(fen) * MICRO_YUAN_PER_FEN if booked.unit == "yuan" else 0


def in_grace(account_code: str, unit: str, now_ms: int) -> int:
    """Give how much of what an account owes is not collected yet, because its customers were told only lately."""
    waiting = waiting_true_ups([account_code], now_ms)
    return sum(one.amount for one in waiting if one.unit == unit)


def waiting_true_ups(account_codes: Iterable[str], now_ms: int) -> list[DebtTrueUp]:
    """Give what some accounts were told to owe, and still have time to pay; what was taken back is left out. Latest first."""
    rows = DebtTrueUp.objects.filter(
        account__code__in=account_codes, amount__gt=0, collect_from_ms__gt=now_ms
    )
    waiting = {one.pk + REVERSAL: one for one in rows.select_related("account").order_by("-collect_from_ms")}
    taken_back = set(DebtTrueUp.objects.filter(pk__in=waiting).values_list("pk", flat=True))
    return [one for name, one in waiting.items() if name not in taken_back]


def _locked_payer(
    account_code: str, account: Account | None = None
) -> tuple[Account, Gateway | None] | Refused:
    """Lock whose gateway it is, and give the account that pays, whatever became of it."""
    accounts = Account.objects.select_related("point__customer_class", "point__room__building")
    code = account.code if account else payer_code(account_code)
    found = accounts.filter(code=code).first()
    if found is None:
        return Refused(Why.UNKNOWN_DEBT, account_code)
    gateway = lock_gateway_or_building(found.point.room.building_id)
    return accounts.get(pk=found.pk), gateway


def _store(asked: TrueUpBooking, account: Account, amount: int, owed_before: int, now_ms: int) -> DebtTrueUp:
    return DebtTrueUp.objects.create(
        name=asked.name,
        account=account,
        used_by=asked.account,
        unit=asked.unit,
        amount=amount,
        energy_wh=asked.energy_wh,
        is_estimated=asked.is_estimated,
        from_ms=asked.from_ms,
        to_ms=asked.to_ms,
        collect_from_ms=asked.collect_from_ms,
        owed_before=owed_before,
        at_ms=now_ms,
    )


def _give(
    done: DebtTrueUp, gateway: Gateway | None, amount: int, kind: str, counts_ms: int, note: str, now_ms: int
) -> None:
    """Give credit to an open account by a grant; what a closed one gets may be paid out, less what it owes."""
    account, ours, name = done.account, chart.adjustments(done.unit), f"{done.pk}-given"
    is_open = account.state == Account.State.OPEN
    bucket = account.point.customer_class.buckets.filter(name=BUCKET, unit=done.unit).exists()
    if not (is_open and bucket):
        side = chart.taken_back(account.code, done.unit)
        book_new([Draft(name, ours, side, amount, kind, counts_ms, done.pk, note)], now_ms)
        if account.state == Account.State.CLOSED:
            settle_arrears(account, now_ms)
        return
    side = chart.customer(account.code, BUCKET, done.unit)
    book_new([Draft(name, ours, side, amount, kind, counts_ms, done.pk, note)], now_ms)
    issue_grant(
        grant_id=name,
        account=account,
        gateway=gateway,
        bucket=BUCKET,
        unit=done.unit,
        amount=amount,
        source=Grant.Source.ADJUSTMENT,
        note=note,
        now_ms=now_ms,
    )
