"""What came of an attack: by what was attacked and how, how many were sent, how many acted, and under which name they were refused.

A shot that acted, or that no counter and no answer named, is a hole; so is a valid message beside it that did not act. The first of
each class are kept with what they changed, so that a hole can be found again.
"""

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 3


@dataclass
class Row:
    """One class of mutation against one target."""

    sent: int = 0
    acted: int = 0
    unnamed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    controls: int = 0
    controls_acted: int = 0
    holes: list[str] = field(default_factory=list)

    def hole(self, what: str) -> None:
        if len(self.holes) < SHOWN:
            self.holes.append(what[:400])

    @property
    def is_sound(self) -> bool:
        return not self.acted and not self.unnamed and self.controls == self.controls_acted > 0


class Tally:
    """All rows of a run."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.kinds: dict[str, list[int]] = {}
        """Valid messages by their kind: how many were sent, how many acted."""

    def valid(self, kind: str, acted: bool) -> None:
        """Note what one valid message of a kind did."""
        sent = self.kinds.setdefault(kind, [0, 0])
        sent[0] += 1
        sent[1] += acted

    def row(self, target: str, how: str) -> Row:
        return self.rows.setdefault((target, how), Row())

    def shot(self, target: str, how: str, named: str, changed: str, content: bytes | str = b"") -> None:
        """Note one bad message: the name it was refused under (empty: none), and what it changed (empty: nothing it may not)."""
        row = self.row(target, how)
        row.sent += 1
        if named:
            row.refused[named] += 1
        else:
            row.unnamed += 1
            row.hole(f"not counted under any name: {content[:200]!r}")
        if changed:
            row.acted += 1
            row.hole(f"changed {changed}: {content[:200]!r}")

    def control(self, target: str, hows: set[str], acted: bool, content: str = "") -> None:
        """Note a valid message that stood beside shots of these classes."""
        for how in hows:
            row = self.row(target, how)
            row.controls += 1
            row.controls_acted += acted
            if not acted:
                row.hole(f"a valid message did not act: {content}")

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows.values())

    def holes(self) -> list[str]:
        return [f"{target}, {how}: {said}" for (target, how), row in self.rows.items() for said in row.holes]

    def show(self) -> None:
        """Print each class, then what stands for each name."""
        print(
            f"{'target':<12} {'what was done to it':<50} {'sent':>6} {'acted':>5} {'controls':>9}  refused as"
        )
        for (target, how), row in sorted(self.rows.items()):
            names = ", ".join(f"{name} {count}" for name, count in row.refused.most_common(6))
            more = f", {len(row.refused) - 6} more" if len(row.refused) > 6 else ""
            beside = f"{row.controls_acted}/{row.controls}"
            print(f"{target:<12} {how:<50} {row.sent:>6} {row.acted:>5} {beside:>9}  {names}{more}")
