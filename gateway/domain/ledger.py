"""The gateway's own ledger: what consumption costs, and entries that add up (C-1, C-12, C-17). Append-only; writes nothing itself.

A charge is one price's part of a settlement. An entry's lines are its postings added up by bucket name. Whatever is about to be
written is audited first: an entry that doesn't add up is never written, its account is quarantined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gateway.contract.facts import CommandResult, DecisionKind, EntryLine, Instant
from gateway.contract.identifiers import AccountId, CommandId, MeterNo
from gateway.contract.quantities import MicroYuanPerKwh, NanoYuan, Unit
from gateway.contract.rules import PriceRule
from gateway.domain.buckets import Bucket, Posting, balance_of, posted, use_energy
from gateway.domain.leeway import EmergencyDraw, Grace
from gateway.domain.month_use import MonthUse, with_use
from gateway.domain.power_watch import PowerWatch
from gateway.domain.tariff import Segment, Span, lowest_price, lowest_rate, segments
from gateway.domain.timetable import Dark


class Closing(msgspec.Struct, frozen=True, array_like=True):
    """A closing that was asked for and is not done (C-8)."""

    number: int
    command: CommandId
    lock_out: bool
    relay_is_done: bool = False
    """The lock-out is read back, not asked, or not possible: the next good reading is the final register."""


class AccountState(msgspec.Struct, frozen=True, array_like=True):
    """What the gateway knows of an account beside its buckets. `settled_wh` is a point on its meter's running total."""

    account: AccountId
    meter: MeterNo | None = None
    binding: str = ""
    settled_wh: int = 0
    settled_register_wh: int | None = None
    settled_at: Instant | None = None
    carried_nano_yuan: int = 0
    decision: DecisionKind | None = None
    reason: str = ""
    quarantined: str = ""
    """Why; empty while it is not (C-17)."""
    closed: bool = False
    closing: Closing | None = None
    bound_at: Instant | None = None
    """When its meter was tied to it."""
    credited: bool = False
    """It was given credit at least once."""
    closed_with: CommandResult | None = None
    """How its closing ended: the answer when it is asked again."""
    months: tuple[MonthUse, ...] = ()
    """What was settled in the latest calendar months: the steps of a price count it."""
    emergency: EmergencyDraw | None = None
    dark: Dark | None = None
    """Its lights are out by a time-table."""
    power: PowerWatch = PowerWatch()
    grace: Grace | None = None
    control: str = ""
    """The software control that stands on it: its meter bills nothing (R-4.3.5); empty while it is metered."""


class Seen(StrEnum):
    """What an originator's id means here (C-1)."""

    NEW = "new"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


def seen(stored: object | None, offered: object) -> Seen:
    """Compare what is stored under an id with what is offered under it."""
    if stored is None:
        return Seen.NEW
    return Seen.EXISTS if stored == offered else Seen.EXISTS_WITH_DIFFERENT


@dataclass(frozen=True, slots=True)
class Charge:
    """One price's part of a settlement. `carried` is the account's remainder after it."""

    segment: Segment
    postings: tuple[Posting, ...]
    carried: NanoYuan
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """What some energy costs, and what is left."""

    charges: tuple[Charge, ...]
    buckets: list[Bucket]
    carried: NanoYuan
    months: tuple[MonthUse, ...] = ()


def bill_energy(
    buckets: Sequence[Bucket],
    energy_wh: int,
    span: Span | None,
    prices: Sequence[PriceRule],
    carried: int,
    paid_unit: str,
    months: tuple[MonthUse, ...] = (),
) -> Bill:
    """Charge energy used in a span to buckets given in order of use.

    `span` None: the wall time is not known; the lowest price holds and the charge is provisional (C-14).
    """
    parts = segments(energy_wh, span, prices, months) if span else [_lowest(energy_wh, prices)]
    left = list(buckets)
    remainder = NanoYuan(carried)
    charges = []
    for part in parts:
        usage = use_energy(left, part.energy_wh, MicroYuanPerKwh(part.rate), remainder, paid_unit)
        left, remainder = posted(left, usage.postings), usage.carried
        charges.append(Charge(part, usage.postings, remainder, provisional=span is None))
        if span is not None:
            months = counted(months, part)
    return Bill(tuple(charges), left, remainder, months)


def _lowest(energy_wh: int, prices: Sequence[PriceRule]) -> Segment:
    rule = lowest_price(prices)
    return Segment(energy_wh, Span(0, 0), rule, lowest_rate(rule))


def counted(months: tuple[MonthUse, ...], part: Segment) -> tuple[MonthUse, ...]:
    """Count a part's energy into its calendar month."""
    span, offset = part.span, part.price.utc_offset_minutes
    return with_use(months, part.energy_wh, span.from_ms, span.to_ms, offset) if part.energy_wh else months


def lines_of(postings: Sequence[Posting], buckets_after: Sequence[Bucket]) -> list[EntryLine]:
    """Add postings up by bucket name, as central mirrors them; a bucket that only changed its day has no line."""
    names = dict.fromkeys((posting.name, posting.unit) for posting in postings)
    lines = (
        EntryLine(
            bucket=name,
            unit=unit,
            amount=sum(p.amount for p in postings if p.name == name),
            balance_after=balance_of(buckets_after, name),
        )
        for name, unit in names
    )
    return [line for line in lines if line.amount]


def kwh_part(lines: Sequence[EntryLine]) -> int:
    """The energy of a consumption entry that kWh buckets paid, in Wh; the rest was priced."""
    return -sum(line.amount for line in lines if line.unit == Unit.KWH)


def audit_charges(charges: Sequence[Charge], energy_wh: int, carried_before: int) -> str:
    """Give the broken invariant of a settlement that is about to be written, or nothing (C-17)."""
    if energy_wh < 0:
        return f"negative energy of {energy_wh} Wh"
    if sum(charge.segment.energy_wh for charge in charges) != energy_wh:
        return "the parts of an interval don't add up to its energy"
    carried = carried_before
    for charge in charges:
        kwh = -sum(p.amount for p in charge.postings if p.unit == Unit.KWH)
        money = -sum(p.amount for p in charge.postings if p.unit == Unit.YUAN)
        priced_nano = (charge.segment.energy_wh - kwh) * charge.segment.rate
        if money * 1000 + charge.carried != priced_nano + carried:
            return "the money of an entry is not its energy times its price"
        carried = charge.carried
    return ""
