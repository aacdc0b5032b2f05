"""Make a month's bill from registers: energy between them, split at the price edges, rounded so that the lines make the sum. Pure.

The rule of prices is the gateway's own (`gateway.domain.tariff`): registers that lie inside the span tell how much was used before
an edge; between two of them time decides, to the watt-hour (C-9). Registers are of the primary side: the gateway has multiplied by
the current transformer's ratio before anything is stored, so nothing is multiplied here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from gateway.contract.rules import PriceRule
from gateway.domain.month_use import MonthUse, with_use
from gateway.domain.tariff import Span, segments

NANO_YUAN_PER_FEN = 10_000_000


class BillFault(StrEnum):
    """Why an account gets no bill in a run; it is listed, never guessed."""

    NO_METER = "no-meter"
    NO_FIRST = "no-first"
    """No register at the beginning."""
    NO_LAST = "no-last"
    """No register at the end."""
    NO_SWAP_REGISTER = "no-swap-register"
    """The meter was replaced, and its last register is not known."""
    BACKWARDS = "backwards"
    NO_PRICE = "no-price"
    BILLED = "billed"
    """This span is billed already."""
    NOTHING_USED = "nothing-used"


@dataclass(frozen=True, slots=True)
class Register:
    """A register as it stood at an instant, and how that is known: `period`, `entry`, `reading`, `binding`, `bill`, `swap`."""

    at_ms: int
    register_wh: int
    source: str


@dataclass(frozen=True, slots=True)
class MeterSpan:
    """One meter's part of a bill: its registers in order, the first and the last are its ends."""

    meter: str
    registers: tuple[Register, ...]

    @property
    def energy_wh(self) -> int:
        """What it counted."""
        return self.registers[-1].register_wh - self.registers[0].register_wh


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Energy at one price; the fen of all lines make the bill."""

    micro_yuan_per_kwh: int
    energy_wh: int
    amount_fen: int


def in_order(first: Register, between: Iterable[Register], last: Register) -> tuple[Register, ...] | None:
    """Give the registers of a span with its ends, in order of time; one that doesn't lie between its neighbours is left out.

    None when the last is below the first: that is no span to bill.
    """
    if last.register_wh < first.register_wh:
        return None
    kept = [first]
    for one in sorted(between, key=lambda r: (r.at_ms, r.register_wh)):
        inside = kept[-1].at_ms < one.at_ms < last.at_ms
        if inside and kept[-1].register_wh <= one.register_wh <= last.register_wh:
            kept.append(one)
    return (*kept, last)


def priced(
    spans: Sequence[MeterSpan], prices: Sequence[PriceRule], before: tuple[MonthUse, ...] = ()
) -> list[PricedLine]:
    """Price the spans in their order; lines by price, in order of their first use. `before`: what the months had used already.

    Amounts are exact in nano-yuan until the end; each line gets the fen by which the running sum, half a fen rounded up, grows.
    """
    uses, sums = before, dict[int, int]()
    for begin, end in (pair for span in spans for pair in pairwise(span.registers)):
        used_wh = end.register_wh - begin.register_wh
        for part in segments(used_wh, Span(begin.at_ms, end.at_ms), prices, uses):
            sums[part.rate] = sums.get(part.rate, 0) + part.energy_wh
            where = part.span.from_ms, part.span.to_ms, part.price.utc_offset_minutes
            uses = with_use(uses, part.energy_wh, *where)
    lines, nano, fen = [], 0, 0
    for rate, energy_wh in sums.items():
        nano += rate * energy_wh
        if energy_wh:
            lines.append(PricedLine(rate, energy_wh, fen_of(nano) - fen))
        fen = fen_of(nano)
    return lines


def fen_of(nano_yuan: int) -> int:
    """Round to the fen, half a fen up."""
    return (nano_yuan + NANO_YUAN_PER_FEN // 2) // NANO_YUAN_PER_FEN
