"""What a gateway reports of meters themselves: one replaced by another, a register at a period's end (R-4.3.5, R-4.1.9).

Evidence that is kept as long as money is: neither is ever thinned.
"""

import msgspec

from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.instant import Instant


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
