"""`make bench-find`: questions and time until all meters of a line are found, and until it is proved that there are no others.

A wire in virtual time: 11 bits per byte, meters that take 20 to 50 ms, an adapter that takes 50 ms of a full wait. The limits: two
reads of each meter, the least that proves an address, and one question for each place of the tree. Beside it the tree as published
(protocols 1.7): in order, each silent place asked twice, the standard's full wait everywhere.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.protocols.search import Ask, Done, Heard, Question, new_search
from gateway.protocols.search.questions import FULL_WINDOW_MS
from gateway.protocols.search.units import LAST_UNIT, THOROUGH_WINDOW_MS
from tests.bench.figures import Figures

BITS = 11
ASK_BYTES, REPLY_BYTES = 20, 24
UNIT_ASK_BYTES, UNIT_REPLY_BYTES = 8, 9
TURN_ROUND_MS = (20, 50)
LATENCY_MS = 50
NAIVE_SILENT_TRIES = 2
FOUND_LIMIT, PROVED_LIMIT, UNITS_SHARE = 3.0, 2.0, 0.3


@dataclass
class Wire:
    """Meters on one line, and the time that its questions took."""

    addresses: Sequence[str]
    baud: int
    ask_bytes: int = ASK_BYTES
    reply_bytes: int = REPLY_BYTES
    ms: float = 0.0
    asked: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def bytes_ms(self, count: int) -> float:
        return count * BITS * 1000 / self.baud

    def ask(self, ending: str, window_ms: int, *, exact: bool) -> tuple[list[str], int]:
        """Ask; give who answered and when the last one began."""
        self.asked += 1
        is_unit = self.ask_bytes == UNIT_ASK_BYTES
        who = [one for one in self.addresses if (one == ending if is_unit else one.endswith(ending))]
        starts = [self.dice.uniform(*TURN_ROUND_MS) for _ in who]
        wait_ms = window_ms + (LATENCY_MS if window_ms >= FULL_WINDOW_MS else 0)
        if who:
            answered_ms = max(starts) + self.bytes_ms(self.reply_bytes)
            wait_ms = answered_ms if exact else max(wait_ms, answered_ms)
        self.ms += self.bytes_ms(self.ask_bytes) + wait_ms
        return who, round(max(starts, default=0))

    def limit_s(self) -> float:
        """Two exact reads of each meter."""
        turn_ms = sum(TURN_ROUND_MS) / 2
        once = self.bytes_ms(self.ask_bytes) + turn_ms + self.bytes_ms(self.reply_bytes)
        return 2 * len(self.addresses) * once / 1000

    def proof_limit_s(self) -> float:
        """Both questions for each lowest byte, one for each child of a deeper collision, the slowest meter's wait; the meters."""
        endings = Counter(one[-2 * depth :] for one in self.addresses for depth in range(1, 6))
        places = 2 + 2 * 100 + 100 * sum(count > 1 for count in endings.values())
        return places * (self.bytes_ms(self.ask_bytes) + TURN_ROUND_MS[1]) / 1000 + self.limit_s()


@dataclass
class Run:
    """When all were found, and when the search ended."""

    found_s: float = 0.0
    found_asked: int = 0
    ended_s: float = 0.0
    asked: int = 0


def ours(wire: Wire, protocol: str = "dlt645-2007") -> Run:
    search, run = new_search(protocol), Run()
    while not isinstance(question := search.next_question(), Done):
        search.answer(question, _heard(wire, question))
        if not run.found_asked and len(search.found) == len(wire.addresses):
            run.found_s, run.found_asked = wire.ms / 1000, wire.asked
    assert sorted(search.found) == sorted(wire.addresses)
    run.ended_s, run.asked = wire.ms / 1000, wire.asked
    return run


def _heard(wire: Wire, question: Question) -> Heard:
    assert question.ask in (Ask.READ, Ask.ADDRESS)
    who, latest_ms = wire.ask(question.address.lstrip("A"), question.window_ms, exact=question.is_exact)
    if len(who) > 1:
        return Heard(damaged=True, latest_start_ms=latest_ms)
    return Heard((who[0],), latest_start_ms=latest_ms) if who else Heard()


def naive(wire: Wire) -> Run:
    """The tree in order."""
    run, found, open_endings = Run(), 0, [""]
    while open_endings:
        ending = open_endings.pop(0)
        who, _ = wire.ask(ending, FULL_WINDOW_MS, exact=False)
        if not who:
            for _ in range(NAIVE_SILENT_TRIES - 1):
                wire.ask(ending, FULL_WINDOW_MS, exact=False)
        elif len(who) == 1:
            for _ in range(2):
                wire.ask(who[0], FULL_WINDOW_MS, exact=True)
            found += 1
            if found == len(wire.addresses):
                run.found_s, run.found_asked = wire.ms / 1000, wire.asked
        else:
            open_endings += [f"{value:02d}{ending}" for value in range(100)]
    run.ended_s, run.asked = wire.ms / 1000, wire.asked
    return run


def _line(figures: Figures, what: str, addresses: Sequence[str], baud: int, *, has_goals: bool) -> None:
    run, beside = ours(Wire(addresses, baud)), naive(Wire(addresses, baud))
    limit_s = Wire(addresses, baud).limit_s()
    known = f"{run.found_asked} questions; limit {limit_s:.0f} s, in order {beside.found_s:.0f} s"
    in_order = f"{run.asked} questions; in order {beside.ended_s:.0f} s with {beside.asked}"
    if not has_goals:
        figures.note(f"{what}: all found", f"{run.found_s:.0f} s", known)
        figures.note(f"{what}: proved that these are all", f"{run.ended_s:.0f} s", in_order)
        return
    figures.at_most(f"{what}: all found", round(run.found_s, 1), round(FOUND_LIMIT * limit_s, 1), " s", known)
    goal_s = round(PROVED_LIMIT * (proof_s := Wire(addresses, baud).proof_limit_s()))
    proved = (
        f"{run.asked} questions; limit {proof_s:.0f} s, in order {beside.ended_s:.0f} s with {beside.asked}"
    )
    figures.at_most(f"{what}: proved that these are all", round(run.ended_s), goal_s, " s", proved)


def _units(figures: Figures, baud: int) -> None:
    units = [str(number) for number in range(1, 33)]
    wire = Wire(units, baud, UNIT_ASK_BYTES, UNIT_REPLY_BYTES)
    run = ours(wire, "modbus-rtu")
    silent_ms = wire.bytes_ms(UNIT_ASK_BYTES) + THOROUGH_WINDOW_MS + LATENCY_MS
    in_order_s = 2 * (LAST_UNIT - len(units)) * silent_ms / 1000 + wire.limit_s()
    beside = f"{run.asked} questions; in order with the specification's second {in_order_s:.0f} s"
    goal_s = round(UNITS_SHARE * in_order_s)
    figures.at_most(
        f"32 Modbus meters, {baud}: proved that these are all", round(run.ended_s), goal_s, " s", beside
    )


def main(words: Sequence[str]) -> int:
    """Print the figures; 0 when all goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="one speed, no 208 meters")
    short = parser.parse_args(words).short
    figures = Figures("BENCH-FIND")
    for baud in (2400,) if short else (2400, 9600):
        for count in (10, 60) if short else (10, 60, 208):
            delivery = [f"20241111{number:04d}" for number in range(1, count + 1)]
            _line(figures, f"{count} meters of one delivery, {baud}", delivery, baud, has_goals=True)
            dice = random.Random(count)
            mixed = [f"{number:012d}" for number in dice.sample(range(10**12 - 1), count)]
            _line(figures, f"{count} meters of any number, {baud}", mixed, baud, has_goals=False)
        _units(figures, baud)
    return figures.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
