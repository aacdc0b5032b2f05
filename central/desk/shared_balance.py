"""Which rooms use up one balance (C-4), read for many rooms at once: a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from central.among import among
from central.campus.models import Account, CustomerClass, MeteringPoint
from central.prepared import Prepared


@dataclass(frozen=True)
class SharedRoom:
    """A room of a shared balance."""

    room_id: int
    label: str
    account: str
    account_id: int


@dataclass(frozen=True)
class Credit:
    """One account's money: whose it is, by which class it is kept, and the rooms that use it up, the payer's first."""

    payer: str
    customer_class: CustomerClass
    rooms: tuple[SharedRoom, ...]

    @property
    def accounts(self) -> tuple[str, ...]:
        """All accounts that use it up, in the order in which the gateway bills them."""
        return tuple(room.account for room in self.rooms)


def credits_of(points: Iterable[MeteringPoint]) -> dict[str, Credit]:
    """Give the credit that each live account of these points uses up, by its code."""
    points = [point for point in points if point.live_account]
    found = {
        point.live_account: Credit(
            point.live_account,
            point.customer_class,
            (SharedRoom(point.room_id, point.room.full_label, point.live_account, point.live_id),),
        )
        for point in points
    }
    ids = [point.live_id for point in points]
    for credit in _shared(among("pk", ids) | among("pays_from", ids)):
        found |= {account: credit for account in credit.accounts if account in found}
    return found


_IS_SHARED = Prepared(
    lambda code, payer: (
        Account.objects.exclude(pays_from=None)
        .filter(Q(code=code) | Q(pays_from__code=payer))
        .order_by()
        .values_list("pk")
    ),
    str,
    str,
)
"""Ingest asks for each fact of a relay, and hardly any room shares its credit."""


def payer_and_accounts(account: str) -> tuple[str, list[str]]:
    """Name the account whose money pays for this one's energy, and all live accounts that use it up."""
    if not _IS_SHARED.rows(account, account):
        return account, [account]
    return next(((one.payer, list(one.accounts)) for one in _shared(_named(account))), (account, [account]))


def accounts_paid_by(payers: Iterable[str]) -> dict[str, str]:
    """Give the payer of every account that uses up the credit of these, by its code; each pays for itself."""
    payers = list(payers)
    live = Account.objects.exclude(state=Account.State.CLOSED).filter(pays_from__code__in=payers)
    return {payer: payer for payer in payers} | dict(live.values_list("code", "pays_from__code"))


def _named(account: str) -> Q:
    return Q(code=account) | Q(pays_from__code=account)


def _shared(about: Q) -> list[Credit]:
    """Give the shared credits of the accounts that fit, whole: the rooms that were not asked for, too."""
    paying = Account.objects.exclude(pays_from=None).exclude(state=Account.State.CLOSED).filter(about)
    payers = Account.objects.filter(pk__in=paying.values("pays_from")).select_related(
        "point__room__building", "point__customer_class"
    )
    payers = payers.prefetch_related("point__customer_class__buckets", "members__point__room__building")
    return [_credit(payer) for payer in payers]


def _credit(payer: Account) -> Credit:
    members = [one for one in payer.members.all() if one.state != Account.State.CLOSED]
    return Credit(
        payer.code,
        payer.point.customer_class,
        tuple(_room(account) for account in (payer, *sorted(members, key=lambda one: one.code))),
    )


def _room(account: Account) -> SharedRoom:
    return SharedRoom(account.point.room_id, account.point.room.full_label, account.code, account.pk)
