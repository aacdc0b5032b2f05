"""The card system's list against our receipts, and what it paid over (R-4.2.1). What doesn't match is named."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction

from central.clock import start_of_day_ms
from central.desk.merchants.models import CardPaidOver, CardPayOver, CardTransaction, ImportedList
from central.desk.models import Payment
from central.desk.numbering import PAY_OVERS, locked_series, next_number
from central.domain.imported_rows import Match, match_of, matching_key, short_names
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new, record_audit
from central.office.models import User
from gateway.contract.quantities import Fen, micro_yuan_from_fen

AROUND_MS = 7 * 86_400_000
"""A receipt may be of another day than the list's row: a terminal's clock, a batch after midnight."""
DAY_MS = 86_400_000


@dataclass(slots=True)
class Matched:
    """One terminal's number: what each side has of it. Sums are None where a side has no row."""

    reference: str
    theirs_fen: int | None = None
    ours_fen: int | None = None
    rows: list[int] = field(default_factory=list)
    payments: list[tuple[str, int, int, str]] = field(default_factory=list)
    """Our payments of it: id, fen, receipt, room."""
    at_ms: int = 0

    @property
    def state(self) -> Match:
        """How it stands."""
        return match_of(self.theirs_fen, self.ours_fen)


class PayOverRefusal(StrEnum):
    """Why a pay-over was not booked; a text key for the pages."""

    NO_REFERENCE = "no-reference"
    REFERENCE_USED = "reference-used"
    NOTHING_MATCHED = "nothing-matched"
    NOT_THE_SUM = "not-the-sum"
    UNKNOWN_LIST = "unknown-list"


def matches(made: ImportedList) -> list[Matched]:
    """Tie a list's rows to our receipts by the terminal's number, and name our receipts of its days that no list has.

    A number's rows in other lists count, too: what was taken on one day may be given back on the next.
    """
    begins_ms = start_of_day_ms(made.first_day)
    ends_ms = start_of_day_ms(made.last_day) + DAY_MS
    ours = _ours(begins_ms, ends_ms)
    short = short_names(list(ours))
    references = set(made.transactions.values_list("reference", flat=True))
    found: dict[str, Matched] = {}
    nearby = CardTransaction.objects.filter(at_ms__gte=begins_ms - AROUND_MS, at_ms__lt=ends_ms + AROUND_MS)
    everywhere: set[str] = set()
    for reference, fen, row, at_ms, of_list in nearby.values_list(
        "reference", "amount_fen", "row", "at_ms", "list"
    ):
        key = matching_key(reference, ours, short)
        everywhere.add(key)
        if reference not in references:
            continue
        one = found.setdefault(key, Matched(key, 0, at_ms=at_ms))
        one.theirs_fen = (one.theirs_fen or 0) + fen
        if of_list == made.pk:
            one.rows.append(row)
    for reference, payments in ours.items():
        in_days = any(begins_ms <= at_ms < ends_ms for _pk, _fen, at_ms, _number, _room in payments)
        if reference not in found and (reference in everywhere or not in_days):
            continue
        one = found.setdefault(reference, Matched(reference, at_ms=payments[0][2]))
        one.ours_fen = sum(fen for _pk, fen, _at, _number, _room in payments)
        one.payments = [(pk, fen, number, room) for pk, fen, _at, number, room in payments]
    return sorted(found.values(), key=lambda one: (one.at_ms, one.reference))


def _ours(begins_ms: int, ends_ms: int) -> dict[str, list[tuple[str, int, int, int, str]]]:
    """Give our card payments around a list's days that hold, by their terminal's number: id, fen, instant, receipt, room."""
    held = Payment.objects.filter(
        method=Payment.Method.CARD,
        receipt__void=None,
        at_ms__gte=begins_ms - AROUND_MS,
        at_ms__lt=ends_ms + AROUND_MS,
    )
    found: dict[str, list[tuple[str, int, int, int, str]]] = {}
    rows = held.order_by("at_ms", "pk").values_list(
        "method_reference", "pk", "amount_fen", "at_ms", "receipt__number", "receipt__room"
    )
    for reference, *rest in rows:
        found.setdefault(reference, []).append(tuple(rest))
    return found


def to_pay_over(found: Sequence[Matched]) -> tuple[list[str], int]:
    """Give the payments that are matched and not paid over yet, and their sum in fen."""
    matched = [one for one in found if one.state is Match.MATCHED and one.payments]
    numbers = {pk: fen for one in matched for pk, fen, _receipt, _room in one.payments}
    begins_ms = min((one.at_ms for one in matched), default=0) - AROUND_MS
    ends_ms = max((one.at_ms for one in matched), default=0) + AROUND_MS
    settled = CardPaidOver.objects.filter(payment__at_ms__gte=begins_ms, payment__at_ms__lte=ends_ms)
    for pk in settled.values_list("payment", flat=True):
        numbers.pop(pk, None)
    return list(numbers), sum(numbers.values())


@one_writer
@transaction.atomic
def pay_over(
    list_id: int, bank_reference: str, amount_fen: int, fee_fen: int, *, actor: User, now_ms: int
) -> CardPayOver | PayOverRefusal:
    """Book that the card system paid over what of a list is matched: the sum that came and its fee make the receipts' sum, exactly.

    The same bank reference with the same sums gives the same pay-over; each payment is settled once.
    """
    series = locked_series(PAY_OVERS)
    reference = bank_reference.strip()
    if not reference or len(reference) > 80:
        return PayOverRefusal.NO_REFERENCE
    known = CardPayOver.objects.filter(bank_reference=reference).first()
    if known is not None:
        same = (known.amount_fen, known.fee_fen) == (amount_fen, fee_fen)
        return known if same else PayOverRefusal.REFERENCE_USED
    made = ImportedList.objects.filter(pk=list_id, kind="card-system").first()
    if made is None:
        return PayOverRefusal.UNKNOWN_LIST
    payments, sum_fen = to_pay_over(matches(made))
    if not payments:
        return PayOverRefusal.NOTHING_MATCHED
    if amount_fen < 0 or fee_fen < 0 or amount_fen + fee_fen != sum_fen:
        return PayOverRefusal.NOT_THE_SUM
    paid = CardPayOver.objects.create(
        number=next_number(series),
        bank_reference=reference,
        amount_fen=amount_fen,
        fee_fen=fee_fen,
        by=actor,
        at_ms=now_ms,
    )
    CardPaidOver.objects.bulk_create(CardPaidOver(pay_over=paid, payment_id=pk) for pk in payments)
    _book(paid, now_ms)
    record_audit(
        actor=actor.get_username(),
        action="card-pay-over",
        subject=f"pay-over {paid.number}",
        detail=f"{reference}: {amount_fen} fen, fee {fee_fen} fen, {len(payments)} receipts",
        now_ms=now_ms,
    )
    return paid


def _book(paid: CardPayOver, now_ms: int) -> None:
    sides = ((chart.card_paid_over(), paid.amount_fen, ""), (chart.card_fees(), paid.fee_fen, ":fee"))
    drafts = [
        Draft(
            f"card-pay-over:{paid.number}{suffix}",
            side,
            chart.card_clearing(),
            micro_yuan_from_fen(Fen(fen)),
            "card-pay-over",
            now_ms,
            paid.bank_reference,
        )
        for side, fen, suffix in sides
        if fen
    ]
    book_new(drafts, now_ms)
