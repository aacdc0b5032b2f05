"""What people type in the audit log's search, as the names under which rows are kept."""

from dataclasses import dataclass

from django.db.models import Q

from central.campus.models import Account, Binding, MeteringPoint
from central.desk.models import Payment
from central.desk.search import find_points
from central.ledger.models import LedgerAccount
from central.office.models import User


@dataclass(frozen=True, slots=True)
class Names:
    """The subjects of acts, the accounts of the ledger, and the ids of payments: of kWh, the money is in no room's."""

    subjects: list[str]
    ledger_accounts: list[str]
    payments: list[str]


def names_of(text: str) -> Names:
    """Give what a room, an account, a meter, a person or anything else that was typed is called in the record."""
    points = _points(text)
    accounts = list(Account.objects.filter(point__in=points).values_list("code", flat=True))
    meters = Binding.objects.filter(account__point__in=points).values_list("meter__meter_no", flat=True)
    rooms = [name for point in points for name in (point.code, point.room.full_label)]
    prefixes = Q()
    for account in accounts:
        prefixes |= Q(code__startswith=f"customer:{account}:") | Q(code__startswith=f"taken-back:{account}:")
    ledger = LedgerAccount.objects.filter(prefixes) if accounts else LedgerAccount.objects.filter(code=text)
    subjects = dict.fromkeys([text, *rooms, *accounts, *meters, *usernames_of(text)])
    payments = Payment.objects.filter(account__point__in=points).values_list("payment_id", flat=True)
    return Names(list(subjects), list(ledger.values_list("code", flat=True)), list(payments))


def _points(text: str) -> list[MeteringPoint]:
    """Give the rooms that bear exactly this name, account or meter; not those that only begin with it."""
    wanted = text.casefold()
    by_label = [
        point
        for point in find_points(text, 0)
        if wanted in (point.room.full_label.casefold(), point.room.label.casefold())
    ]
    named = Q(code=text) | Q(accounts__code=text) | Q(accounts__bindings__meter__meter_no=text)
    return by_label or list(MeteringPoint.objects.filter(named).select_related("room__building").distinct())


def usernames_of(text: str) -> list[str]:
    """Give the sign-in names of those who are called so, the text itself first: who left, and `console`, are found too."""
    called = User.objects.filter(
        Q(username__iexact=text) | Q(last_name__icontains=text) | Q(first_name__icontains=text)
    )
    return list(dict.fromkeys([text, *called.values_list("username", flat=True)]))
