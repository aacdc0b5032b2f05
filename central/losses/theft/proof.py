"""Where a row stands in the hash chain, as it is printed; one line of the evidence."""

from dataclasses import dataclass

from central.ledger.models import Chained, Transfer

SHOWN = 16


@dataclass(frozen=True, slots=True)
class Line:
    """What part, when, what, and its place in the chain."""

    part: str
    when: str
    what: str
    proof: str


def place_of(row: Chained | None) -> str:
    """Write a chained row's position and the beginning of its hash."""
    return f"{row.position} · {bytes(row.chain_hash).hex()[:SHOWN]}" if row is not None else ""


def transfer_place(name: str) -> str:
    """Write the place of a transfer; empty where there is none."""
    return place_of(Transfer.objects.filter(pk=name).first())
