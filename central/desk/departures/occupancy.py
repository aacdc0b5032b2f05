"""Let the next occupants in: a new account on the same meter, at zero (C-4). Its binding ends the lock-out of the closing.

A room stays dark after a departure until somebody does this: the pages say so, and why.
"""

from collections.abc import Sequence

from django.db import transaction

from central.campus.models import Account
from central.campus.operations import Refused as CampusRefused
from central.campus.operations import open_account
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.withdrawing import is_closed, locked_case
from central.link.configuration import publish_if_changed
from central.link.outbox import lock_building, lock_gateway_of
from central.office.models import User


@transaction.atomic
def open_next(
    case_id: str, occupants: Sequence[tuple[str, str]], actor: User, *, now_ms: int
) -> Account | Refused:
    """Open the next account of a departed room for occupants (number, name); its gateway is told at once, or when it is back."""
    case = locked_case(case_id)
    if case is None:
        return Refused(Why.UNKNOWN_CASE, case_id)
    if not occupants:
        return Refused(Why.NO_OCCUPANTS)
    if not is_closed(case.account):
        return Refused(Why.NOT_CLOSED, case.account.code)
    building = case.account.point.room.building_id
    lock_building(building)
    opened = open_account(
        case.account.point.code, occupants, now_ms, actor=actor.get_username(), now_ms=now_ms
    )
    if isinstance(opened, CampusRefused):
        return Refused(Why.ALREADY_OCCUPIED, case.account.point.code)
    gateway = lock_gateway_of(building)
    if gateway is not None:
        publish_if_changed(gateway.pk, now_ms)
    return opened
