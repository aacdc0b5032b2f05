"""What a gateway reports of meters themselves: tied, replaced by another, a register at a period's end (R-4.3.5, R-4.1.9, C-11).

Evidence that is kept as long as money is: none is ever thinned.
"""

from enum import StrEnum

import msgspec

from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.instant import Instant


class MeterBound(msgspec.Struct, frozen=True, tag="meter-bound", tag_field="kind"):
    """A configured binding came into force: an account is billed from this register on, entry or none (C-3, C-11)."""

    meter: MeterNo
    account: AccountId
    binding: str
    register_wh: int
    at: Instant
    """When the register was so."""
    raw_frame: str | None = None
    """Hex of the meter's frame behind it."""


class MeterSwapped(msgspec.Struct, frozen=True, tag="meter-swapped", tag_field="kind"):
    """A meter was replaced on site, with its last register and the new one's first. The gateway made the binding (C-3)."""

    swap: str
    """Its id, made by the gateway: the same again is nothing new."""
    old_meter: MeterNo
    new_meter: MeterNo
    last_wh: int
    """The account is billed up to here on the old meter."""
    first_wh: int
    """And from here on on the new one."""
    at: Instant
    last_at: Instant
    """When the last register was so. What flowed from then to `at` was metered by nobody, and is billed to nobody."""
    by: str
    why: str
    account: AccountId | None = None
    """None: a meter that bills nobody, such as a group's master."""
    binding: str = ""
    """The new binding; its id is the gateway's. Empty without an account."""
    from_ms: int = 0
    """The binding's date: later than those of the bindings it follows, on whatever clock."""
    last_frame: str | None = None
    """Hex of the meter's frame behind the register; None where a person typed it."""
    first_frame: str | None = None
    last_read_by: str = ""
    """Who read the display of a meter that could not be asked; empty where the gateway read it."""
    first_read_by: str = ""


class PeriodMethod(StrEnum):
    """How the register at a closing instant is known."""

    READ = "read"
    """The readings on both sides are the same: nothing was counted between them."""
    INTERPOLATED = "interpolated"
    """Between the reading before and the one after; `uncertainty_wh` bounds the error."""
    LATE = "late"
    """The gateway's clock was not believed then: between the last reading before that and the first one after."""


class PeriodRegister(msgspec.Struct, frozen=True, tag="period-register", tag_field="kind"):
    """A meter's register at the closing instant of an accounting period (R-4.1.9), masters included.

    Said at the first reading after it on a trusted clock, and once more when the meter's own monthly register was read.
    """

    meter: MeterNo
    period_ms: int
    """The closing instant."""
    register_wh: int
    uncertainty_wh: int
    """The register then was at most so far from it, beside the register's own step."""
    method: PeriodMethod
    at: Instant
    """When it became known: with `period_ms` the two dates of what is booked late."""
    account: AccountId | None = None
    from_ms: int = 0
    """The reading before the instant, and the one after it."""
    to_ms: int = 0
    raw_frame: str | None = None
    """Hex of the frame of the reading after it."""
    own_wh: int | None = None
    """What the meter itself keeps as its last settlement, where its settlement day is this instant."""
