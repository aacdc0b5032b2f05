"""Register payment cards and end them (R-4.2.1). A card finds one account at a time; a lost one finds nothing."""

from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from central.campus.models import Account
from central.desk.merchants.models import PaymentCard, PaymentCardEnd
from central.desk.numbering import CARDS, locked_series
from central.domain.imported_rows import plain
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.office.models import User

LONGEST = 40


class CardRefusal(StrEnum):
    """Why nothing became of a card; a text key for the pages."""

    NO_NUMBER = "no-number"
    UNKNOWN_ACCOUNT = "unknown-account"
    ACCOUNT_CLOSED = "account-closed"
    CARD_TAKEN = "card-taken"
    """It is another account's, or this one's already."""
    CARD_ENDED = "card-ended"


def card_number(typed: str) -> str:
    """Give a card's number as it is kept: plain capitals and digits, without blanks."""
    return "".join(plain(typed).upper().split())


def cards_in_force() -> QuerySet[PaymentCard]:
    """Select the cards that find an account: not ended, and the account not closed."""
    return PaymentCard.objects.filter(end=None).exclude(account__state=Account.State.CLOSED)


@one_writer
@transaction.atomic
def register_card(
    typed: str, account_code: str, note: str, *, actor: User, now_ms: int, replaces: int | None = None
) -> PaymentCard | CardRefusal:
    """Register a card for an account from now on; `replaces` is the key of a card of the same account that ends with it."""
    locked_series(CARDS)
    number = card_number(typed)
    if not number or len(number) > LONGEST or not number.isprintable():
        return CardRefusal.NO_NUMBER
    account = Account.objects.filter(code=account_code).first()
    if account is None:
        return CardRefusal.UNKNOWN_ACCOUNT
    if account.state == Account.State.CLOSED:
        return CardRefusal.ACCOUNT_CLOSED
    if cards_in_force().filter(number=number).exists():
        return CardRefusal.CARD_TAKEN
    if replaces is not None:
        old = cards_in_force().filter(pk=replaces, account=account).first()
        if old is None:
            return CardRefusal.CARD_ENDED
        _end(old, PaymentCardEnd.Why.REPLACED, actor, now_ms)
    card = PaymentCard.objects.create(
        number=number, account=account, note=note.strip()[:120], by=actor, from_ms=now_ms
    )
    _on_record("register-card", account.code, number, actor, now_ms)
    return card


@one_writer
@transaction.atomic
def end_card(
    card_id: int, why: PaymentCardEnd.Why, *, actor: User, now_ms: int
) -> PaymentCardEnd | CardRefusal:
    """Let a card find nothing any more."""
    locked_series(CARDS)
    card = PaymentCard.objects.select_related("account").filter(pk=card_id, end=None).first()
    return CardRefusal.CARD_ENDED if card is None else _end(card, why, actor, now_ms)


def _end(card: PaymentCard, why: PaymentCardEnd.Why, actor: User, now_ms: int) -> PaymentCardEnd:
    end = PaymentCardEnd.objects.create(card=card, why=why, by=actor, at_ms=now_ms)
    _on_record("end-card", card.account.code, f"{card.number} {why}", actor, now_ms)
    return end


def _on_record(action: str, subject: str, detail: str, actor: User, now_ms: int) -> None:
    record_audit(actor=actor.get_username(), action=action, subject=subject, detail=detail, now_ms=now_ms)
