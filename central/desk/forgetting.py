"""Forget who has left: names and student numbers go some years after the last day, what was booked stays.

A name stands in one row, outside the chain (`campus.Customer`); accounts, transfers and the audit trail name a room and its
account. So a name is replaced there, and no hash changes. Receipts and bills keep theirs: they are vouchers that the law has
kept (docs/privacy.md). Nobody is forgotten while he lives here, or while his account owes something or is owed to.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Max

from central import clock
from central.campus.models import Account, Customer
from central.clock import campus_day
from central.desk.debts.listing import owed_by_account
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.office.dated_settings import number_at
from central.office.sessions import sweep

NAMES_KEPT, SIGN_INS_KEPT = "privacy.names-kept-days", "privacy.sign-ins-kept-days"
FORGOTTEN = "forgotten-"
"""How the number of a forgotten one begins; no list gives such a number."""
DAY_MS = 86_400_000
AT_ONCE = 500


class Kept(StrEnum):
    """Why somebody is not forgotten."""

    UNKNOWN = "unknown"
    LIVES_HERE = "lives-here"
    OWES = "owes"
    """His account's books are not even yet."""


@one_writer
@transaction.atomic
def forget_person(number: str, *, actor: str, why: str, now_ms: int) -> Kept | str:
    """Forget one person at his own wish, before his time; give the pseudonym, or why he is kept."""
    lock_head()
    customer = Customer.objects.select_for_update(no_key=True).filter(number=number).first()
    if customer is None or number.startswith(FORGOTTEN):
        return Kept.UNKNOWN
    if customer.occupancies.filter(until_day=None).exists() or _last_day(customer) >= campus_day(now_ms):
        return Kept.LIVES_HERE
    if customer.pk in _who_owe([customer], now_ms):
        return Kept.OWES
    return _forget(customer, actor, why, now_ms)


@one_writer
@transaction.atomic
def forget_the_departed(now_ms: int) -> int:
    """Forget whose time is over, at most AT_ONCE; give how many."""
    lock_head()
    last_kept = campus_day(now_ms) - timedelta(days=number_at(NAMES_KEPT, now_ms))
    due, gone = departed_before(last_kept), list[Customer]()
    # Those who owe are due again each night, and must not stand before the others.
    while due and len(gone) < AT_ONCE:
        some, due = due[:AT_ONCE], due[AT_ONCE:]
        owing = _who_owe(some, now_ms)
        gone += [one for one in some if one.pk not in owing]
    for customer in gone[:AT_ONCE]:
        _forget(customer, "system", "", now_ms)
    return len(gone[:AT_ONCE])


def departed_before(day: date) -> list[Customer]:
    """Give whose every stay ended before a day; who never lived here has no day, and is not among them."""
    everybody = Customer.objects.exclude(number__startswith=FORGOTTEN).exclude(occupancies__until_day=None)
    return list(everybody.annotate(last=Max("occupancies__until_day")).filter(last__lt=day).order_by("pk"))


@transaction.atomic
def forget_sign_ins(now_ms: int) -> int:
    """Remove sessions that ended, and the log of sign-ins (name, address, browser) when its time is over; give how many rows."""
    until = clock.local(now_ms - number_at(SIGN_INS_KEPT, now_ms) * DAY_MS)
    gone = Session.objects.filter(expire_date__lt=clock.local(clock.real_now_ms())).delete()[0]
    gone += sweep()
    gone += AccessAttempt.objects.filter(attempt_time__lt=until).delete()[0]
    return gone + AccessLog.objects.filter(attempt_time__lt=until).delete()[0]


def _last_day(customer: Customer) -> date:
    last: date | None = customer.occupancies.aggregate(last=Max("until_day"))["last"]
    return last or date.max


def _who_owe(customers: Sequence[Customer], now_ms: int) -> set[int]:
    """Name those whose accounts are not at rest: still being closed, or with a debt."""
    accounts = Account.objects.filter(occupancies__customer__in=customers)
    pairs = list(accounts.values_list("occupancies__customer", "code").distinct())
    owing = owed_by_account({code for _pk, code in pairs}, now_ms)
    closing = set(accounts.filter(state=Account.State.CLOSING).values_list("code", flat=True))
    return {pk for pk, code in pairs if owing.get(code) or code in closing}


def _forget(customer: Customer, actor: str, why: str, now_ms: int) -> str:
    pseudonym = f"{FORGOTTEN}{customer.pk}"
    customer.number, customer.name = pseudonym, f"#{customer.pk}"
    customer.save(update_fields=["number", "name"])
    record_audit(actor=actor, action="forget-person", subject=pseudonym, detail=why[:200], now_ms=now_ms)
    return pseudonym
