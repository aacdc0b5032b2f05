"""Addresses that were heard somewhere, and what exact reads make of them. A meter is one only after two."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.protocols.search.history import DAMAGED, REFUSED, SILENT, Claim, judge
from gateway.protocols.search.questions import Heard

SAME_METER_WH = 1000
"""No meter counts a kWh between two reads of one search: a greater difference is another meter that answers in turn."""


@dataclass(slots=True)
class Claims:
    """All addresses heard, by what is known of them. Plain JSON values only."""

    open: dict[str, list[str]] = field(default_factory=dict)
    """Address to its exact reads so far."""
    energies: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    other_edition: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)

    def claim(self, address: str) -> None:
        """Note an address that was heard; it is to be proved. An unproved one heard again gets another chance, but only one."""
        if address in self.open or address in self.found or address in self.duplicates:
            return
        if address not in self.other_edition and self.unproved.count(address) <= 1:
            self.open[address] = []

    def share(self, address: str) -> None:
        """Note that several meters have an address."""
        self.open.pop(address, None)
        if address in self.found:
            self.found.remove(address)
        if address not in self.duplicates:
            self.duplicates.append(address)

    def take(self, address: str, heard: Heard) -> None:
        """Take one exact read of an open claim."""
        if self._is_another_meter(address, heard):
            self.share(address)
            return
        history = self.open[address]
        history.append(outcome_at(address, heard))
        match judge(history, address):
            case None:
                return
            case Claim.PROVED:
                self.found.append(address)
            case Claim.SHARED:
                self.duplicates.append(address)
            case Claim.OTHER_EDITION:
                self.other_edition.append(address)
            case Claim.UNPROVED:
                self.unproved.append(address)
        del self.open[address]

    def known_under(self, ending: str) -> int:
        """Count the meters whose addresses end so; an address that several have counts for two."""
        single = sum(address.endswith(ending) for address in (*self.found, *self.open))
        return single + 2 * sum(address.endswith(ending) for address in self.duplicates)

    def left(self) -> int:
        """Count the exact reads that open claims are known to need."""
        return sum(max(1, 2 - len(history)) for history in self.open.values())

    def _is_another_meter(self, address: str, heard: Heard) -> bool:
        if heard.energy_wh is None or address not in heard.addresses:
            return False
        first = self.energies.setdefault(address, heard.energy_wh)
        return abs(first - heard.energy_wh) > SAME_METER_WH


class ClaimedSearch:
    """What the search of a line for one protocol has, however it asks: its claims, and its JSON."""

    __slots__ = ()
    claims: Claims

    @property
    def found(self) -> list[str]:
        """Addresses that answered two exact reads."""
        return self.claims.found

    @property
    def duplicates(self) -> list[str]:
        """Addresses at which several meters answer."""
        return self.claims.duplicates

    def as_json(self) -> dict[str, Any]:
        """Give plain JSON values; `search_from_json` reads them."""
        return dict(msgspec.to_builtins(self))


def outcome_at(address: str, heard: Heard) -> str:
    """Give one exact read's outcome as an entry of a history. Another address's answer says nothing about this one."""
    if address in heard.addresses:
        return address
    if address in heard.refused:
        return REFUSED
    return DAMAGED if heard.damaged else SILENT
