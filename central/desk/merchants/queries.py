"""Read merchants: whose rooms they are, how each pays, its cards, what it owes."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from central.campus.models import Account, CustomerClass
from central.campus.queries import occupant_names
from central.desk.merchants.cards import cards_in_force
from central.desk.merchants.models import PaymentCard
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit
from gateway.contract.rules import Billing

OTHERWISE_BILLED = (Billing.CARD.value, Billing.MONTHLY.value)


@dataclass(frozen=True, slots=True)
class MerchantLine:
    """A merchant's account as the list shows it; what is owed is in fen."""

    account: Account
    occupants: str
    cards: list[str]
    owed_fen: int


def merchant_accounts() -> QuerySet[Account]:
    """Select the accounts of merchants, and those of others that have a card meter or a monthly bill, by room."""
    merchants = Q(point__customer_class__group=CustomerClass.Group.MERCHANT)
    return (
        Account.objects.filter(merchants | Q(point__billing__in=OTHERWISE_BILLED))
        .select_related("point__room__building", "point__customer_class")
        .order_by("point__room__building__code", "point__room__label", "opened_ms")
    )


def merchant_lines(accounts: list[Account], now_ms: int) -> list[MerchantLine]:
    """Give accounts with their occupants, cards and debts."""
    cards: dict[int, list[str]] = {}
    for account_id, number in cards_in_force().filter(account__in=accounts).values_list("account", "number"):
        cards.setdefault(account_id, []).append(number)
    sides = {
        account.code: (chart.owed(account.code, Unit.YUAN), chart.billed(account.code))
        for account in accounts
    }
    owed = balances(side for pair in sides.values() for side in pair)
    return [
        MerchantLine(
            account,
            "、".join(occupant_names(account, now_ms)),
            cards.get(account.pk, []),
            sum(owed.get(side.code, 0) for side in sides[account.code]) // MICRO_YUAN_PER_FEN,
        )
        for account in accounts
    ]


def cards_of(account: Account) -> list[PaymentCard]:
    """Give an account's cards, those in force first, then the newest."""
    cards = account.payment_cards.select_related("end__by", "by").order_by("-from_ms", "-pk")
    return sorted(cards, key=lambda card: hasattr(card, "end"))
