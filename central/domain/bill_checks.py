"""Whether a bill ties: hashes, frames, registers, energy x price, balances and their sum. Pure; names the first rows that don't.

docs/rerun_bill.py does the same with arithmetic of its own, for people who trust no page of ours; a test holds the two together.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import msgspec

from central.domain.bill_content import Bill, EntryRow, LedgerRow, moved_on

WRAP_WH = 1_000_000_000
"""The register shows hundredths of a kWh and begins anew after 999999.99."""
BOOKED_HERE = ("consumption", "taken-back", "adjustment", "expired")
"""Kinds of entries whose lines are booked as transfers of their own; a grant was booked when it was given."""
START, END, ADDED = 0x68, 0x16, 0x33
FULL_ANSWERS = {0x91: 4, 0x81: 2}
"""DL/T 645: the control byte of an answer to a read, and how long its identifier is (2007, 1997)."""


class BillFault(StrEnum):
    """What doesn't tie; a text key for pages."""

    HASH = "hash"
    SUM = "sum"
    FRAME = "frame"
    FRAME_DAMAGED = "frame-damaged"
    REGISTERS_APART = "registers-apart"
    ENERGY = "energy"
    MONEY = "money"
    CARRIED = "carried"
    BALANCE = "balance"
    NOT_BOOKED = "not-booked"
    KEPT = "kept"
    """The balance that the books keep is not what the period and all after it say."""


@dataclass(frozen=True, slots=True)
class Found:
    """One row that doesn't tie: what is wrong, the row's own name, and what was expected."""

    fault: BillFault
    row: str
    detail: str = ""


class DamagedFrame(ValueError):
    """Bytes that begin as a DL/T 645 frame and are none."""


def frame_register_wh(frame: str) -> int | None:
    """Read the register out of a DL/T 645 answer, as the meter shows it; None for another protocol. Raises DamagedFrame."""
    try:
        raw = bytes.fromhex(frame).lstrip(b"\xfe")
    except ValueError as error:
        raise DamagedFrame(f"{frame!r} is no hexadecimal") from error
    if raw[:1] != bytes([START]):
        return None
    if len(raw) < 12 or raw[7] != START or raw[-1] != END or len(raw) != 12 + raw[9]:
        raise DamagedFrame("its marks or its length are wrong")
    if sum(raw[:-2]) & 0xFF != raw[-2]:
        raise DamagedFrame("its checksum is wrong")
    skip = FULL_ANSWERS.get(raw[8] & 0xDF)
    data = bytes((value - ADDED) & 0xFF for value in raw[10:-2])
    if skip is None or len(data) < skip + 4:
        raise DamagedFrame("it is no answer with a register")
    digits = data[skip : skip + 4][::-1].hex()
    if not digits.isdecimal():
        raise DamagedFrame("its register is no decimal number")
    return int(digits) * 10


def ratio_of(registers: Iterable[tuple[int, str]]) -> int:
    """Give the transformer ratio that a meter's registers and frames agree on; 1 when none is needed, or nothing is read."""
    ratios: Counter[int] = Counter()
    for register_wh, frame in registers:
        try:
            read_wh = frame_register_wh(frame)
        except DamagedFrame:
            continue
        if read_wh and register_wh % read_wh == 0:
            ratios[register_wh // read_wh] += 1
    return max(ratios, key=lambda ratio: (ratios[ratio], -ratio)) if ratios else 1


def check_bill(bill: Bill) -> list[Found]:
    """Check everything; the list is empty when all ties."""
    return [
        *_hashes(bill),
        *_entries(bill.entries),
        *_entries(bill.elsewhere),
        *_bookings(bill),
        *_sums(bill),
    ]


def _hashes(bill: Bill) -> Iterator[Found]:
    before: LedgerRow | None = None
    for row in bill.transfers:
        said = msgspec.json.encode([bill.table, row.position, *row.content])
        if hashlib.sha256(bytes.fromhex(row.previous) + said).hexdigest() != row.hash:
            yield Found(BillFault.HASH, row.id)
        if before and before.position + 1 == row.position and before.hash != row.previous:
            yield Found(BillFault.HASH, row.id)
        before = row


def _sums(bill: Bill) -> Iterator[Found]:
    for side in bill.sides:
        reached = side.opening + moved_on(side, bill.transfers)
        if reached != side.closing:
            yield Found(BillFault.SUM, side.code, f"{reached} != {side.closing}")


class _End(NamedTuple):
    """Where a meter's last entry ended, and how far its frame is ahead of that: the interval was split at an instant before it."""

    entry: str
    register_wh: int
    ahead_wh: int


def _entries(entries: list[EntryRow]) -> Iterator[Found]:
    ends: dict[str, _End] = {}
    held: dict[tuple[str, str], int] = {}
    before: EntryRow | None = None
    for one in entries:
        if before is None or one.follows != before.entry:
            held = {}
        elif one.carried_before_nano != before.carried_after_nano:
            yield Found(BillFault.CARRIED, one.entry)
        for bucket, unit, amount, after in one.lines:
            if held.get((bucket, unit), after - amount) != after - amount:
                yield Found(BillFault.BALANCE, one.entry, bucket)
            held[bucket, unit] = after
        if one.kind == "consumption":
            yield from _consumption(one, ends)
        before = one


def _consumption(one: EntryRow, ends: dict[str, _End]) -> Iterator[Found]:
    kwh = -sum(amount for _bucket, unit, amount, _after in one.lines if unit == "kwh")
    money = -sum(amount for _bucket, unit, amount, _after in one.lines if unit == "yuan")
    priced_nano = (one.energy_wh - kwh) * (one.price or 0)
    if money * 1000 + one.carried_after_nano != priced_nano + one.carried_before_nano:
        yield Found(BillFault.MONEY, one.entry)
    last = ends.pop(one.meter, None)
    if one.register_to_wh is None:
        return
    wrap_wh, begun_wh = WRAP_WH * one.ratio, one.register_from_wh
    if begun_wh is not None and (one.register_to_wh - begun_wh - one.energy_wh) % wrap_wh:
        yield Found(BillFault.ENERGY, one.entry)
    if last and not one.begins and begun_wh not in (None, last.register_wh):
        yield Found(BillFault.REGISTERS_APART, one.entry)
    try:
        read_wh = frame_register_wh(one.frame) if one.frame else None
    except DamagedFrame as error:
        yield Found(BillFault.FRAME_DAMAGED, one.entry, str(error))
        read_wh = None
    ahead_wh = 0 if read_wh is None else (read_wh * one.ratio - one.register_to_wh) % wrap_wh
    if ahead_wh > wrap_wh // 2:
        yield Found(BillFault.FRAME, one.entry, f"{read_wh} < {one.register_to_wh}")
        ahead_wh = 0
    if last and not one.begins and last.ahead_wh > one.energy_wh + ahead_wh:
        yield Found(BillFault.FRAME, last.entry)
    ends[one.meter] = _End(one.entry, one.register_to_wh, ahead_wh)


def _bookings(bill: Bill) -> Iterator[Found]:
    rows = {row.id: row for row in bill.transfers}
    for one in bill.entries:
        if not one.is_booked or one.kind not in BOOKED_HERE:
            continue
        for place, (bucket, unit, amount, _after) in enumerate(one.lines):
            row = rows.get(f"{one.entry}/{place}")
            code = f"customer:{one.account}:{bucket}:{unit}"
            if amount and (row is None or row.moved(code, "credit") != amount):
                yield Found(BillFault.NOT_BOOKED, one.entry, code)
