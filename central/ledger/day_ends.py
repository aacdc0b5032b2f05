"""The chain's end at the end of a day, and the way back: where a hash that was printed stands in the chain.

Whoever holds an old sheet with its day's last hash can prove that nothing before it was rewritten: the hash is found again at its
position, and the chain up to there is whole (`checking`).
"""

from dataclasses import dataclass

from central.domain.chain import printed
from central.ledger.models import AuditEntry, Transfer


@dataclass(frozen=True, slots=True)
class ChainPoint:
    """A place of the chain: its position, the hash there, and when that row was written."""

    position: int
    chain_hash: bytes
    at_ms: int

    @property
    def printed(self) -> str:
        """Its hash as sheets bear it."""
        return printed(self.chain_hash)


def last_before(instant_ms: int) -> ChainPoint | None:
    """Give the chain's last row before an instant; None when there was none yet."""
    transfers = Transfer.objects.filter(booked_ms__lt=instant_ms).order_by("-booked_ms", "-position")
    audits = AuditEntry.objects.filter(at_ms__lt=instant_ms).order_by("-at_ms", "-position")
    newest = [
        transfers.values_list("position", "chain_hash", "booked_ms").first(),
        audits.values_list("position", "chain_hash", "at_ms").first(),
    ]
    found = [ChainPoint(position, bytes(chain_hash), at) for position, chain_hash, at in filter(None, newest)]
    return max(found, key=lambda point: (point.at_ms, point.position), default=None)


def point_at(position: int) -> ChainPoint | None:
    """Give the place of a position."""
    transfers = Transfer.objects.filter(position=position).values_list("position", "chain_hash", "booked_ms")
    audits = AuditEntry.objects.filter(position=position).values_list("position", "chain_hash", "at_ms")
    row = transfers.first() or audits.first()
    return ChainPoint(row[0], bytes(row[1]), row[2]) if row else None


def find_hash(digits: str) -> ChainPoint | None:
    """Give the place whose hash begins with these digits (lower hexadecimal); reads the tables, for want of the position."""
    low = int(digits.ljust(64, "0"), 16).to_bytes(32, "big")
    high = int(digits.ljust(64, "f"), 16).to_bytes(32, "big")
    for rows, at in ((Transfer.objects, "booked_ms"), (AuditEntry.objects, "at_ms")):
        fits = rows.filter(chain_hash__gte=low, chain_hash__lte=high)
        row = fits.values_list("position", "chain_hash", at).first()
        if row:
            return ChainPoint(row[0], bytes(row[1]), row[2])
    return None
