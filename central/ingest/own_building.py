"""A gateway speaks of its own building only (R-G5): what a row says of another one's accounts or meters is not taken.

A row about money, decisions or relays is refused whole. A row of readings or of totals carries the whole building's: only the
foreign meters' are left out, and an alarm names them, for a meter that moved house is a mistake in a list and not an attack. A
meter that a batch says was put in here, and that bills no room elsewhere, is the building's from that batch on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from central.campus.models import Account, Meter
from central.campus.site_swaps import bound_elsewhere
from central.ingest.received_rows import ReceivedFact
from central.prepared import Prepared, PreparedIn
from gateway.contract.facts import Alarm, Decision, Entry, Fact, LossBalances, Readings, RelayReport
from gateway.contract.meter_facts import (
    ControlEnd,
    LockOut,
    MeterBound,
    MeterSwapped,
    PeriodRegister,
    SoftwareControlBegun,
    SoftwareControlEnded,
)

_OWN = PreparedIn(
    lambda codes, building: (
        Account.objects.filter(code__in=codes, point__room__building=building)
        .order_by()
        .values_list("code", flat=True)
    ),
    int,
)
_METERS_OF = Prepared(
    lambda building: Meter.objects.filter(building=building).order_by().values_list("meter_no", flat=True),
    int,
)
_FOREIGN = PreparedIn(
    lambda meters, building: (
        Meter.objects.filter(meter_no__in=meters)
        .exclude(building=building)
        .order_by()
        .values_list("meter_no", flat=True)
    ),
    int,
)


@dataclass(slots=True)
class OwnRows:
    """A batch's rows as far as they are the building's, and the meters of others whose readings were left out."""

    rows: list[ReceivedFact]
    foreign_meters: set[str] = field(default_factory=set)


def own_rows(building_id: int, rows: Sequence[ReceivedFact]) -> OwnRows:
    """Give the rows with what is another building's taken out; a meter that central doesn't know at all is nobody else's."""
    spoken = [row.fact for row in rows if row.fact is not None]
    accounts = _accounts_of(building_id, {account for fact in spoken for account in _accounts(fact)})
    foreign = _foreign_meters(building_id, {meter for fact in spoken for meter in _meters(fact)})
    arriving = {fact.new_meter for fact in spoken if isinstance(fact, MeterSwapped)} & foreign
    if arriving:
        foreign -= arriving - bound_elsewhere(building_id, arriving)
    others = _foreign_subjects(building_id, spoken, foreign)
    own = OwnRows([])
    for row in rows:
        if isinstance(row.fact, Readings | LossBalances):
            own.foreign_meters |= set(_meters(row.fact)) & foreign
            row = _without(row, row.fact, foreign)
        elif isinstance(row.fact, Alarm) and row.fact.raised and row.fact.subject in others:
            row = _refused(row, f"an alarm about {row.fact.subject}, which is another building's")
        elif row.fact is not None:
            row = _unless_foreign(row, row.fact, accounts, foreign)
        own.rows.append(row)
    return own


def _accounts(fact: Fact) -> Iterable[str]:
    if isinstance(fact, Entry):
        return [fact.account, fact.used_by] if fact.used_by else [fact.account]
    if isinstance(fact, Decision | MeterBound | SoftwareControlBegun | SoftwareControlEnded):
        return [fact.account]
    optional = isinstance(fact, RelayReport | MeterSwapped | PeriodRegister)
    return [fact.account] if optional and fact.account else []


def _meters(fact: Fact) -> Iterable[str]:
    if isinstance(fact, Readings):
        return {reading.meter for reading in fact.rows}
    if isinstance(fact, LossBalances):
        return {total.meter for total in fact.totals}
    if isinstance(fact, MeterSwapped):
        return {fact.old_meter, fact.new_meter}
    if isinstance(fact, Alarm):
        return {fact.subject} if fact.raised else ()
    if isinstance(fact, SoftwareControlEnded):
        billed_again = fact.new_meter if fact.end is ControlEnd.GOOD_AGAIN else None
        return {meter for meter in (fact.old_meter, billed_again) if meter}
    of_one = isinstance(
        fact, Entry | RelayReport | MeterBound | PeriodRegister | SoftwareControlBegun | LockOut
    )
    return [fact.meter] if of_one and fact.meter else []


def _accounts_of(building_id: int, codes: set[str]) -> set[str]:
    return set(_OWN.any_of(_askable(codes), building_id))


def _foreign_meters(building_id: int, meters: set[str]) -> set[str]:
    """Ask for the building's own first: one short question, and nearly always the whole answer."""
    unknown = _askable(meters).difference(_METERS_OF.rows(building_id)) if meters else ()
    return set(_FOREIGN.any_of(unknown, building_id))


def _foreign_subjects(building_id: int, spoken: Sequence[Fact], foreign: set[str]) -> set[str]:
    """Give what raised alarms are about and is another building's: a meter or a room. What is over is taken of any: one may have
    moved house meanwhile."""
    told = _askable({fact.subject for fact in spoken if isinstance(fact, Alarm) and fact.raised})
    if not told:
        return set()
    accounts = Account.objects.filter(code__in=told).exclude(point__room__building=building_id)
    return (told & foreign) | set(accounts.values_list("code", flat=True))


def _askable(names: set[str]) -> set[str]:
    """A name with a NUL is nobody's, and PostgreSQL refuses the question: the row must be quarantined alone, not its batch."""
    return {name for name in names if "\x00" not in name}


def _unless_foreign(row: ReceivedFact, fact: Fact, accounts: set[str], foreign: set[str]) -> ReceivedFact:
    for account in _accounts(fact):
        if account not in accounts:
            return _refused(row, f"account {account} is not one of this gateway's building")
    for meter in _meters(fact):
        if meter in foreign:
            return _refused(row, f"meter {meter} is another building's")
    return row


def _refused(row: ReceivedFact, reason: str) -> ReceivedFact:
    return ReceivedFact(row.seq, row.raw, row.digest, None, reason[:200])


def _without(row: ReceivedFact, fact: Readings | LossBalances, foreign: set[str]) -> ReceivedFact:
    if foreign.isdisjoint(_meters(fact)):
        return row
    name = "rows" if isinstance(fact, Readings) else "totals"
    kept = [one for one in getattr(fact, name) if one.meter not in foreign]
    return ReceivedFact(row.seq, row.raw, row.digest, msgspec.structs.replace(fact, **{name: kept}))
