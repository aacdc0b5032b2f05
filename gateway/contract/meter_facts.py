"""What a gateway reports of meters themselves: tied, replaced, missing, a register at a period's end (R-4.3.5, R-4.1.9, C-11).

Evidence that is kept as long as money is: none is ever thinned.
"""

from enum import StrEnum

import msgspec

from gateway.contract.identifiers import AccountId, CommandId, MeterNo
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


class SoftwareControlBegun(msgspec.Struct, frozen=True, tag="software-control-begun", tag_field="kind"):
    """A room's meter is faulty: it is supplied whatever the credit, and nothing is billed from the meter (R-4.3.5)."""

    control: str
    """Its id, made by who ordered it: the same again is nothing new."""
    account: AccountId
    at: Instant
    by: str
    why: str
    meter: MeterNo | None = None
    """None: the account had none."""
    last_good_wh: int | None = None
    """The account is billed up to this register; None where the meter was never read."""
    last_good_at: Instant | None = None
    """When the register was so: from here on nothing is metered."""
    last_good_frame: str | None = None
    """Hex of the meter's frame behind it; None where a person typed it."""
    last_read_by: str = ""
    """Who read the display; empty where the gateway read the meter."""
    wh_per_day: int = 0
    """The estimate that is shown meanwhile; 0: none."""
    ref: str = ""


class ControlEnd(StrEnum):
    """How a software control ended."""

    SWAPPED = "swapped"
    """Another meter was put in on site."""
    GOOD_AGAIN = "good-again"
    """The same meter, on a person's word."""
    BOUND = "bound"
    """A binding of the configuration came into force."""
    ACCOUNT_GONE = "account-gone"
    """The configuration has the account no longer."""


class SoftwareControlEnded(msgspec.Struct, frozen=True, tag="software-control-ended", tag_field="kind"):
    """The room is metered again: from `first_wh` of `new_meter` on. What flowed meanwhile is billed to nobody by the gateway."""

    control: str
    account: AccountId
    end: ControlEnd
    began: Instant
    at: Instant
    by: str
    why: str
    old_meter: MeterNo | None = None
    last_good_wh: int | None = None
    """As in its beginning."""
    last_good_at: Instant | None = None
    last_wh: int | None = None
    """What the faulty meter shows at the end; None where it can't be read and nobody typed it."""
    last_read_by: str = ""
    counted_wh: int | None = None
    """What the faulty meter counted meanwhile: told, not billed. None where unknown, or where it went backwards."""
    new_meter: MeterNo | None = None
    first_wh: int | None = None
    """The new baseline."""
    first_frame: str | None = None
    first_read_by: str = ""
    swap: str = ""
    """The swap that ended it."""


class LockOut(msgspec.Struct, frozen=True, tag="lock-out", tag_field="kind"):
    """A person's lock-out of a relay began or ended: nothing closes it meanwhile (R-4.3.4, C-16). Its contact is another fact."""

    meter: MeterNo
    owner: str
    """Who must release it: `technician` (on site) or `central`."""
    locked: bool
    at: Instant
    by: str
    why: str
    ref: str = ""
    """The work order or fault it belongs to."""
    command: CommandId | None = None
    """The command that ordered it; None on site."""


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
