"""Lead a true-up from its computed figure to the books: checked by a person, told, then owed or given back. Refusals have names.

computed -> checked -> told and booked        another figure in its place: with a reason, above a limit signed
A dispute is taken down at any time; what it ends with is words, or the reversal that two others sign.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.desk.debts.refusals import Refused as DebtRefused
from central.desk.debts.true_ups import TrueUpBooking, book_true_up, reverse_true_up
from central.domain.unmetered import known_instead
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.link.outbox import lock_gateway_or_building
from central.office.acts import Approved
from central.office.approvals import ApprovalRefusal, ask
from central.office.dated_settings import Where, number_at
from central.office.models import Approval, User
from central.workshop.replacements.intervals import write_step
from central.workshop.replacements.models import TrueUp, TrueUpStep
from central.workshop.replacements.money import BILLED, cost_of
from central.workshop.replacements.notices import tell_room

FIGURE_ACT, REVERSAL_ACT = "true-up-figure", "true-up-reversal"
DAY_MS = 86_400_000
MOST_WH = 10**9
Kind, Method, State = TrueUpStep.Kind, TrueUp.Method, TrueUp.State


class TrueUpRefusal(StrEnum):
    """Why nothing was done; a text key for the pages."""

    UNKNOWN = "unknown"
    NOT_IN_THIS_STATE = "not-in-this-state"
    NEEDS_A_FIGURE = "needs-a-figure"
    BAD_FIGURE = "bad-figure"
    NO_REASON = "no-reason"
    NO_PRICE = "no-price"
    WAITS = "waits"
    """A request about it waits for signatures."""
    NOT_BOOKED = "not-booked"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal."""

    why: TrueUpRefusal
    what: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A better-founded figure, in watt-hours; below zero it is given back. How it is known: the register, the bench, a person."""

    wh: int
    method: TrueUp.Method
    why: str


@one_writer
@transaction.atomic
def check(
    number: int, step: str, figure: Figure | None, *, actor: User, now_ms: int
) -> TrueUp | Approval | ApprovalRefusal | Refused:
    """Check a computed true-up; with `figure` that is put in its place: a request where others must sign that. Once for a step."""
    row = _locked(number)
    known = _known(step, number)
    if row is None or isinstance(known, Refused):
        return known or Refused(TrueUpRefusal.UNKNOWN)
    if known is not None:
        return row
    key = f"{FIGURE_ACT}:{step}"
    if (asked := Approval.objects.filter(key=key).first()) is not None:
        return asked
    fault = _why_not_checked(row, figure)
    if fault is not None:
        return fault
    if figure is not None and abs(figure.wh - row.energy_wh) > number_at("true-up.alone-up-to", now_ms):
        content = {
            "true_up": row.pk,
            "wh": figure.wh,
            "method": figure.method.value,
            "from_wh": row.energy_wh,
        }
        return ask(
            FIGURE_ACT, content, subject=row.name, why=figure.why, actor=actor, now_ms=now_ms, key=key[:64]
        )
    return _checked(row, figure, step, actor, now_ms)


def _why_not_checked(row: TrueUp, figure: Figure | None) -> Refused | None:
    if row.state not in (State.NO_FIGURE, State.COMPUTED):
        return Refused(TrueUpRefusal.NOT_IN_THIS_STATE, row.state)
    if waits(row):
        return Refused(TrueUpRefusal.WAITS)
    if figure is None:
        return Refused(TrueUpRefusal.NEEDS_A_FIGURE) if row.state == State.NO_FIGURE else None
    if not figure.why.strip():
        return Refused(TrueUpRefusal.NO_REASON)
    most_wh = min(MOST_WH, (row.to_ms - row.from_ms) * row.account.point.max_power_w // 3_600_000 + 1)
    return None if -most_wh <= figure.wh <= most_wh else Refused(TrueUpRefusal.BAD_FIGURE, str(most_wh))


def waits(row: TrueUp) -> Approval | None:
    """Give the request about a true-up that waits for signatures."""
    rows = Approval.objects.filter(act__in=(FIGURE_ACT, REVERSAL_ACT), subject=row.name)
    return rows.filter(state=Approval.State.WAITING).first()


def apply_figure(number: int, figure: Figure, approved: Approved) -> TrueUp | Refused:
    """Put a signed figure in the estimate's place, inside the last signature's transaction."""
    row = _locked(number)
    if row is None or row.state not in (State.NO_FIGURE, State.COMPUTED):
        return Refused(TrueUpRefusal.NOT_IN_THIS_STATE)
    return _checked(row, figure, f"{row.name}-a{approved.number}", approved.asked_by, approved.now_ms)


def _checked(row: TrueUp, figure: Figure | None, step: str, actor: User, now_ms: int) -> TrueUp | Refused:
    if figure is not None:
        sign = -1 if figure.wh < 0 else 1
        hours = [sign * part for part in known_instead(abs(figure.wh), [abs(hour) for hour in row.hours])]
        cost = cost_of(row.account, row.from_ms, row.to_ms, hours, row.figures.get(BILLED, ()))
        if cost is None:
            return Refused(TrueUpRefusal.NO_PRICE)
        row.hours, row.energy_wh, row.amount = hours, figure.wh, cost.amount
        row.low_wh = row.high_wh = figure.wh
        row.method = figure.method
    row.state = State.CHECKED
    row.save()
    if figure is None:
        write_step(row, Kind.CHECKED, step, actor, "", now_ms)
        _on_record(actor, "true-up-checked", row, "", now_ms)
    else:
        write_step(row, Kind.REPLACED, step, actor, figure.why, now_ms)
        _on_record(actor, "true-up-replaced", row, figure.why, now_ms)
    return row


@one_writer
@transaction.atomic
def tell(number: int, step: str, how: str, *, actor: User, now_ms: int) -> TrueUp | Refused:
    """Note that the customer was told, and book it: owed after its time to pay, or given back. The same step: once."""
    row = _locked(number)
    known = _known(step, number)
    if row is None or isinstance(known, Refused):
        return known or Refused(TrueUpRefusal.UNKNOWN)
    if known is not None:
        return row
    if row.state != State.CHECKED:
        return Refused(TrueUpRefusal.NOT_IN_THIS_STATE, row.state)
    if not how.strip():
        return Refused(TrueUpRefusal.NO_REASON)
    days = number_at(
        "true-up.grace-days", now_ms, Where(customer_class=row.account.point.customer_class.code)
    )
    row.told_ms, row.collect_from_ms = now_ms, now_ms + days * DAY_MS
    if row.amount:
        booked = book_true_up(_booking(row), now_ms)
        if isinstance(booked, DebtRefused):
            transaction.set_rollback(True)
            return Refused(TrueUpRefusal.EXISTS_WITH_DIFFERENT, booked.why.value)
    row.state = State.TOLD if row.amount else State.NOTHING
    row.save()
    write_step(row, Kind.TOLD, step, actor, how.strip(), now_ms)
    _on_record(actor, "true-up-told", row, how, now_ms)
    tell_room(row, now_ms)
    return row


def _booking(row: TrueUp) -> TrueUpBooking:
    return TrueUpBooking(
        name=row.name,
        account=row.account.code,
        unit=row.unit,
        amount=row.amount,
        energy_wh=row.energy_wh,
        is_estimated=row.method == Method.ESTIMATE,
        from_ms=row.from_ms,
        to_ms=row.to_ms,
        collect_from_ms=row.collect_from_ms or 0,
        note=f"{row.name}: {row.energy_wh} Wh, {row.method}",
    )


@one_writer
@transaction.atomic
def dispute(
    number: int, step: str, text: str, *, is_settled: bool, actor: User, now_ms: int
) -> TrueUp | Refused:
    """Take down what a customer says against a true-up, or how that ended. Nothing of the money changes."""
    row = _locked(number)
    known = _known(step, number)
    if row is None or isinstance(known, Refused):
        return known or Refused(TrueUpRefusal.UNKNOWN)
    if known is not None:
        return row
    if not text.strip():
        return Refused(TrueUpRefusal.NO_REASON)
    if is_settled and not row.disputed:
        return Refused(TrueUpRefusal.NOT_IN_THIS_STATE, row.state)
    row.disputed = not is_settled
    row.save(update_fields=["disputed"])
    write_step(row, Kind.SETTLED if is_settled else Kind.DISPUTED, step, actor, text.strip(), now_ms)
    _on_record(actor, "true-up-settled" if is_settled else "true-up-disputed", row, text, now_ms)
    return row


@transaction.atomic
def ask_reversal(
    number: int, key: str, *, why: str, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | Refused:
    """Ask that a booked true-up is taken back, whole. The same key is the same request."""
    named = f"{REVERSAL_ACT}:{key}"[:64]
    if (asked := Approval.objects.filter(key=named).first()) is not None:
        return asked
    row = _locked(number)
    if row is None:
        return Refused(TrueUpRefusal.UNKNOWN)
    if row.state != State.TOLD:
        return Refused(TrueUpRefusal.NOT_BOOKED)
    if waits(row):
        return Refused(TrueUpRefusal.WAITS)
    content = {"true_up": row.pk, "amount": row.amount, "unit": row.unit}
    return ask(REVERSAL_ACT, content, subject=row.name, why=why, actor=actor, now_ms=now_ms, key=named)


def reverse(number: int, approved: Approved) -> TrueUp | Refused:
    """Take a booked true-up back inside the last signature's transaction."""
    row = _locked(number)
    if row is None or row.state != State.TOLD:
        return Refused(TrueUpRefusal.NOT_BOOKED)
    done = reverse_true_up(row.name, approved.why, approved.now_ms)
    if isinstance(done, DebtRefused):
        return Refused(TrueUpRefusal.NOT_BOOKED, done.why.value)
    row.state, row.disputed = State.REVERSED, False
    row.save(update_fields=["state", "disputed"])
    write_step(
        row, Kind.REVERSED, f"{row.name}-a{approved.number}", approved.asked_by, approved.why, approved.now_ms
    )
    _on_record(approved.asked_by, "true-up-reversed", row, approved.why, approved.now_ms)
    return row


def _locked(number: int) -> TrueUp | None:
    """Lock a true-up by its building's gateway, then the ledger's head, as every writer of money does."""
    building = TrueUp.objects.filter(pk=number).values_list("building", flat=True).first()
    if building is None:
        return None
    lock_gateway_or_building(building)
    lock_head()
    rows = TrueUp.objects.select_related("account__point__customer_class", "account__point__room__building")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=number)


def _known(step: str, number: int) -> TrueUpStep | Refused | None:
    known = TrueUpStep.objects.filter(step=step).first()
    if known is None or known.true_up_id == number:
        return known
    return Refused(TrueUpRefusal.EXISTS_WITH_DIFFERENT)


def _on_record(by: User, action: str, row: TrueUp, text: str, now_ms: int) -> None:
    detail = f"{row.name}: {row.energy_wh} Wh, {row.amount} {row.unit}. {text.strip()}"
    record_audit(
        actor=by.get_username(), action=action, subject=row.account.code, detail=detail[:200], now_ms=now_ms
    )
