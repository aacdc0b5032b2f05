"""What a transfer of the ledger is to the account of a room: taken, given, paid back, used, or something else. Pure.

An account's balance is what we owe its occupants less what they owe us: its credit, what was taken back and not paid out yet, less
debts, bills, credit given wrongly and what the former system was owed. What moves between two of these is no change of the balance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ACCOUNT_SIDES = ("customer", "debt", "reclaim", "billed", "taken-back")
OPENING_SIDE = "owed:opening:"
SHARE_SIDE = "debt-share:"
CREDIT_SIDE = "customer:"
LAPSED, ROUNDING = "lapsed:", "rounding:"


class Part(StrEnum):
    """Where a change stands in an account's books."""

    TAKINGS = "takings"
    SUBSIDIES = "subsidies"
    REFUNDS = "refunds"
    CONSUMPTION = "consumption"
    OTHER = "other"
    """Opening balances of the former system, moved credit, adjustments, what lapsed, what was written off, debts priced."""


PARTS: Mapping[str, Part] = {
    **dict.fromkeys(
        (
            *("payment", "payment-energy", "bill-payment", "debt-paid"),
            *("card-meter-sale", "card-meter-energy", "void"),
        ),
        Part.TAKINGS,
    ),
    **dict.fromkeys(("subsidy", "subsidy-back"), Part.SUBSIDIES),
    "pay-out": Part.REFUNDS,
    "consumption": Part.CONSUMPTION,
}
"""By a transfer's kind; every other one is OTHER. A void lowers takings; credit taken back is a refund once it is paid out."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a transfer changes for one account: by how much its balance grows, and how much of that lies outside its credit."""

    account: str
    part: Part
    grows: int
    outside: int = 0


def account_of(side: str, shares: Mapping[str, str] | None = None) -> str:
    """Give the account that a side of the ledger is about; "" for none. `shares`: whose debt a person's share is, by split."""
    start, _colon, rest = side.partition(":")
    if start in ACCOUNT_SIDES:
        return rest.partition(":")[0]
    if side.startswith(OPENING_SIDE):
        return side.split(":")[2]
    if shares and side.startswith(SHARE_SIDE):
        return shares.get(split_of(side), "")
    return ""


def split_of(side: str) -> str:
    """Give the split that a person's share belongs to: `debt-share:SPLIT.2:yuan`."""
    return side.removeprefix(SHARE_SIDE).rpartition(":")[0].rpartition(".")[0]


def moves_of(
    kind: str, debit: str, credit: str, amount: int, loser: str, gainer: str, whose: str
) -> list[Move]:
    """Give what a transfer changes. `loser` and `gainer` are the accounts of its two sides, "" for none.

    `whose`: the account that a subsidy was taken back from by way of what lapsed: it lost it there, and here it is told apart.
    """
    if loser == gainer:
        outside = amount * ((credit[:9] != CREDIT_SIDE) - (debit[:9] != CREDIT_SIDE))
        if loser:
            return [Move(loser, Part.OTHER, 0, outside)] if outside else []
        if kind == "subsidy-back" and whose and debit.startswith(LAPSED):
            return [Move(whose, Part.SUBSIDIES, -amount), Move(whose, Part.OTHER, amount)]
        return []
    part = PARTS.get(kind, Part.OTHER)
    if part is Part.REFUNDS and credit.startswith(ROUNDING):
        part = Part.OTHER
    found = []
    if loser:
        found.append(Move(loser, part, -amount, 0 if debit[:9] == CREDIT_SIDE else -amount))
    if gainer:
        found.append(Move(gainer, part, amount, 0 if credit[:9] == CREDIT_SIDE else amount))
    return found
