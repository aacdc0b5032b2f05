"""Rooms under software control: put there where no spare is, reminded of while they stand, the first to get what arrives (R-4.3.5).

The gateway's word is the state (`link.software_control`); here is why, who decided, and what is estimated meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Account, MeteringPoint
from central.domain.device_states import DeviceState
from central.ledger.one_writer import one_writer
from central.link.control_queries import standing
from central.link.models import Command, SoftwareControl
from central.link.operations import Refused as LinkRefused
from central.link.software_control import begin_software_control, end_software_control
from central.office.dated_settings import Where, number_at
from central.office.models import User
from central.workshop.devices.models import Device
from central.workshop.replacements.history import Interval, estimate_of
from central.workshop.replacements.models import ControlDecision
from central.workshop.replacements.notices import StandingRoom, is_told, tell_standing

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A room that is supplied and not metered: since when, what was decided, and what it is estimated to have used so far."""

    control: SoftwareControl
    account: Account
    decision: ControlDecision | None
    days: int
    estimate_wh: int | None
    spares: int
    """How many good modules of its kind lie in the store now."""


@one_writer
@transaction.atomic
def put_under_control(
    key: str, account_code: str, *, why: str, decided_by: str, ref: str, actor: User, now_ms: int
) -> ControlDecision | LinkRefused:
    """Ask a room's gateway to supply it and bill nothing; the same key is the same request. Refused by its names."""
    control = f"sc-{key}"
    known = ControlDecision.objects.filter(pk=control).first()
    if known is not None:
        return known
    account = (
        Account.objects.select_related("point__room", "point__customer_class")
        .filter(code=account_code)
        .first()
    )
    usual_wh = _usual_day_wh(account.point, now_ms) if account else 0
    asked = begin_software_control(
        control,
        account_code,
        actor=actor.get_username(),
        why=why,
        now_ms=now_ms,
        wh_per_day=usual_wh,
        ref=ref,
    )
    if not isinstance(asked, Command) or account is None:
        transaction.set_rollback(True)
        assert isinstance(asked, LinkRefused), "an unknown account is refused by name"
        return asked
    decided, _is_new = (
        ControlDecision.objects.get_or_create(  # who sent the same form waited at the gateway until now
            control=control,
            defaults={
                "account": account,
                "why": why.strip()[:200],
                "decided_by": decided_by.strip()[:80],
                "ref": ref[:64],
                "wh_per_day": usual_wh,
                "by": actor,
                "at_ms": now_ms,
            },
        )
    )
    return decided


def _usual_day_wh(point: MeteringPoint, now_ms: int) -> int:
    found = estimate_of(Interval(point, now_ms - now_ms % 3_600_000, now_ms - now_ms % 3_600_000 + DAY_MS))
    return found.own.wh if found else 0


@one_writer
def end_control(control: str, *, why: str, actor: User, now_ms: int) -> Command | LinkRefused:
    """Ask that a room is billed by the same meter again; a replaced meter ends the control by itself."""
    return end_software_control(control, actor=actor.get_username(), why=why, now_ms=now_ms)


def rooms_under_control(now_ms: int) -> list[Standing]:
    """Give the rooms that are under software control, oldest first, with what they are estimated to have used."""
    controls = list(standing().select_related("gateway__building"))
    rows = Account.objects.select_related("point__room__building", "point__customer_class")
    accounts = {one.code: one for one in rows.filter(code__in=[c.account for c in controls])}
    decided = ControlDecision.objects.in_bulk([c.pk for c in controls])
    spares = spares_of_meters([c.meter for c in controls])
    return [
        Standing(
            one,
            accounts[one.account],
            decided.get(one.pk),
            max(now_ms - begun_ms(one), 0) // DAY_MS,
            estimated_so_far(one, accounts[one.account], now_ms),
            spares.get(one.meter, 0),
        )
        for one in controls
        if one.account in accounts
    ]


def begun_ms(control: SoftwareControl) -> int:
    """Give since when nothing is metered: the last good register, or the control's beginning."""
    return control.began_ms if control.last_good_ms is None else control.last_good_ms


def estimated_so_far(control: SoftwareControl, account: Account, now_ms: int) -> int | None:
    """Estimate what a room has used since it is not metered; None: its past is too short."""
    if now_ms <= begun_ms(control):
        return 0
    found = estimate_of(Interval(account.point, begun_ms(control), now_ms))
    return found.wh if found else None


def spares_of_meters(meters: Sequence[str]) -> dict[str, int]:
    """Give by meter how many good devices of its type lie in the store; a meter that the store doesn't know may take any module."""
    types = dict(Device.objects.filter(meter_no__in=meters).values_list("meter_no", "type"))
    good = list(
        Device.objects.filter(state=DeviceState.GOOD.value, type__kind="module").values_list(
            "type", flat=True
        )
    )
    return {meter: good.count(types[meter]) if meter in types else len(good) for meter in meters}


def remind(now_ms: int) -> int:
    """Tell technician and store each N days, and the heads each M, of rooms that stand; give how many were told of."""
    return sum(_remind(one, now_ms) for one in standing().select_related("gateway__building"))


@transaction.atomic
def _remind(control: SoftwareControl, now_ms: int) -> int:
    account = Account.objects.select_related("point__room__building", "point__customer_class").filter(
        code=control.account
    )
    found, days = account.first(), (now_ms - begun_ms(control)) // DAY_MS
    where, told = Where(building=control.gateway.building.code), 0
    for setting, is_long in (("control.remind-days", False), ("control.head-days", True)):
        each = number_at(setting, now_ms, where)
        if found is None or days < each or days % each or is_told(control.pk, days, now_ms, is_long=is_long):
            continue
        estimate_wh = estimated_so_far(control, found, now_ms)
        standing_room = StandingRoom(
            found.point.room.full_label, control.pk, days, begun_ms(control), estimate_wh, control.why[:120]
        )
        told += tell_standing(standing_room, now_ms, is_long=is_long)
    return told
