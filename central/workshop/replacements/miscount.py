"""A module that counted wrong, by its error on the bench: what was billed by it is corrected, in either direction (R-4.3.5).

Only for the time since its last good check, and no further back than the dated setting says.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from central.campus.models import Account
from central.domain.unmetered import HOUR_MS, known_instead, miscounted_wh
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.link.models import GatewayEntry
from central.office.dated_settings import number_at
from central.office.models import User
from central.workshop.replacements.intervals import write_step
from central.workshop.replacements.models import TrueUp, TrueUpStep
from central.workshop.replacements.money import BILLED, cost_of
from gateway.contract.facts import EntryKind

DAY_MS = 86_400_000
MOST_PPM = 900_000


class MiscountRefusal(StrEnum):
    """Why nothing was computed; a text key for the pages."""

    NOBODY_BILLED = "nobody-billed"
    NOT_IN_ORDER = "not-in-order"
    BAD_ERROR = "bad-error"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Miscount:
    """Which meter, by how much it counts too much (ppm; below zero: too little), and between which instants."""

    meter: str
    error_ppm: int
    last_good_ms: int
    until_ms: int


@one_writer
@transaction.atomic
def compute_miscount(said: Miscount, *, actor: User, now_ms: int) -> list[TrueUp] | MiscountRefusal:
    """Compute the corrections of all accounts that were billed by a meter that counted wrong; once for each meter and end."""
    if not 0 < abs(said.error_ppm) <= MOST_PPM:
        return MiscountRefusal.BAD_ERROR
    if not said.last_good_ms < said.until_ms <= now_ms:
        return MiscountRefusal.NOT_IN_ORDER
    lock_head()  # of two at once the second sees what the first computed
    from_ms = max(said.last_good_ms, said.until_ms - number_at("true-up.wrong-days", said.until_ms) * DAY_MS)
    if _corrected(said.meter, from_ms, said.until_ms):
        return MiscountRefusal.DONE
    billed = _billed_hours(said.meter, from_ms, said.until_ms)
    if not billed:
        return MiscountRefusal.NOBODY_BILLED
    accounts = Account.objects.select_related("point__customer_class__tariff", "point__room__building")
    name = _name(said)
    return [
        _store(name, accounts.get(code=code), said, from_ms, hours, actor, now_ms)
        for code, hours in sorted(billed.items())
    ]


def _corrected(meter: str, from_ms: int, until_ms: int) -> bool:
    """Say whether some of the time was corrected before; what was taken back, or came to nothing, may be said anew."""
    void = (TrueUp.State.REVERSED, TrueUp.State.NOTHING)
    rows = TrueUp.objects.filter(
        kind=TrueUp.Kind.MISCOUNT, meter=meter, from_ms__lt=until_ms, to_ms__gt=from_ms
    )
    return rows.exclude(state__in=void).exists()


def _name(said: Miscount) -> str:
    """Name a correction by its meter and end; one that is said anew has a number, too."""
    name = f"miscount:{said.meter}:{said.until_ms // DAY_MS}"[:160]
    same = TrueUp.objects.filter(interval__startswith=f"{name}:").values_list("interval", flat=True)
    before = TrueUp.objects.filter(interval=name).exists()
    return f"{name}:{len(set(same)) + 2}" if before else name


def _billed_hours(meter: str, from_ms: int, until_ms: int) -> dict[str, list[int]]:
    """Give what each account was billed by a meter, hour by hour of the time; an entry's energy lies evenly in its interval."""
    first_ms = from_ms // HOUR_MS * HOUR_MS
    count = -(-(until_ms - first_ms) // HOUR_MS)
    entries = GatewayEntry.objects.filter(
        meter=meter, kind=EntryKind.CONSUMPTION, booked=True, at_ms__gt=from_ms, at_ms__lte=until_ms
    )
    rows = entries.annotate(user=Coalesce("used_by", "account"), begin_ms=Coalesce("from_ms", F("at_ms")))
    found: dict[str, list[int]] = {}
    for user, begin_ms, at_ms, energy_wh in rows.values_list("user", "begin_ms", "at_ms", "energy_wh"):
        hours = found.setdefault(user, [0] * count)
        first = max(begin_ms, from_ms) // HOUR_MS - first_ms // HOUR_MS
        last = min((at_ms - 1) // HOUR_MS - first_ms // HOUR_MS, count - 1)
        parts = known_instead(energy_wh, [1] * max(last - first + 1, 1))
        for place, part in enumerate(parts):
            hours[min(first + place, count - 1)] += part
    return {user: hours for user, hours in found.items() if sum(hours)}


def _store(
    name: str, account: Account, said: Miscount, from_ms: int, billed: list[int], actor: User, now_ms: int
) -> TrueUp:
    wh = miscounted_wh(sum(billed), said.error_ppm)
    sign = 1 if wh >= 0 else -1
    hours = [sign * part for part in known_instead(abs(wh), billed)]
    cost = cost_of(account, from_ms, said.until_ms, hours, billed)
    row = TrueUp.objects.create(
        interval=name,
        account=account,
        kind=TrueUp.Kind.MISCOUNT,
        building=account.point.room.building,
        meter=said.meter,
        from_ms=from_ms,
        to_ms=said.until_ms,
        unit=account.point.customer_class.unit,
        energy_wh=wh,
        low_wh=wh,
        high_wh=wh,
        amount=cost.amount if cost else 0,
        method=TrueUp.Method.BENCH,
        figures={
            "billed_wh": sum(billed),
            "error_ppm": said.error_ppm,
            "rates": list(cost.rates) if cost else [0, 0],
            BILLED: billed,
        },
        hours=hours,
        state=TrueUp.State.COMPUTED if cost else TrueUp.State.NO_FIGURE,
        computed_ms=now_ms,
    )
    write_step(row, TrueUpStep.Kind.COMPUTED, f"{row.name}-computed", actor, "", now_ms)
    detail = f"{name}: {sum(billed)} Wh billed, {said.error_ppm} ppm, {wh} Wh"
    record_audit(
        actor=actor.get_username(),
        action="true-up-computed",
        subject=account.code,
        detail=detail[:200],
        now_ms=now_ms,
    )
    return row
