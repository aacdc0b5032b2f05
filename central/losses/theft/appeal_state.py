"""Whether a penalty may be appealed now: charged, not appealed before, within its days."""

from central.clock import campus_day
from central.losses.theft.reading import Theft


def may_appeal(theft: Theft, now_ms: int) -> bool:
    """Say whether an appeal would be taken down now."""
    if theft.money is None or theft.appeal is not None:
        return False
    return campus_day(now_ms).isoformat() <= theft.money.appeal_until
