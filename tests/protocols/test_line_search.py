"""The search for meters as a state machine: whatever hangs on a line is found, nothing else, and it ends."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.protocols.search import Ask, Done, Heard, Question, new_search, search_from_json

MOST_TRIES = 16
"""A question is asked at most eight times, and an address once more as often after it was heard again."""


@dataclass
class Line:
    """Meters that answer as the standard says, or as some makes do. `lossy`: each loses its first reply to some questions."""

    addresses: list[str]
    echoing: frozenset[str] = frozenset()
    address_only: bool = False
    lossy: bool = False
    seed: int = 0
    asked: Counter[tuple[Ask, str]] = field(default_factory=Counter)

    def hear(self, question: Question) -> Heard:
        self.asked[question.ask, question.address] += 1
        if question.ask is Ask.EVERYBODY:
            return Heard()
        ending = question.address.lstrip("A")
        replies = [
            (address, 10_000 * number)
            for number, address in enumerate(self.addresses)
            if address.endswith(ending) and self._answers(question) and not self._loses(number, question)
        ]
        if len(replies) > 1:
            return Heard(damaged=True, latest_start_ms=40)
        if not replies:
            return Heard()
        ((address, energy_wh),) = replies
        if question.ask is Ask.READ and address in self.echoing and not question.is_exact:
            return Heard(echoed=True, latest_start_ms=40)
        return Heard((address,), energy_wh=energy_wh if question.is_exact else None, latest_start_ms=40)

    def _answers(self, question: Question) -> bool:
        return question.is_exact or question.ask is Ask.ADDRESS or not self.address_only

    def _loses(self, number: int, question: Question) -> bool:
        if not self.lossy or self.asked[question.ask, question.address] > 1:
            return False
        return random.Random(f"{self.seed} {number} {question.ask} {question.address}").random() < 0.1


def search_all(line: Line, *, thorough: bool, resumed_every: int) -> tuple[set[str], set[str], list[str]]:
    search = new_search("dlt645-2007", thorough=thorough)
    while not isinstance(question := search.next_question(), Done):
        assert question == search.next_question(), "the same question until it is answered"
        search.answer(question, line.hear(question))
        if search.asked % resumed_every == 0:
            search = search_from_json(json.loads(json.dumps(search.as_json())))
    assert len(set(search.found)) == len(search.found)
    return set(search.found), set(search.duplicates), search.unexplained


NEAR = st.builds(lambda *parts: "20241111" + "".join(parts), *[st.sampled_from(["00", "01", "57"])] * 2)
FAR = st.integers(0, 10**12 - 2).map(lambda number: f"{number:012d}")


@settings(max_examples=25, deadline=None)
@given(
    addresses=st.lists(NEAR | FAR, max_size=14),
    echoes=st.booleans(),
    lossy=st.booleans(),
    seed=st.integers(0, 1000),
    resumed_every=st.integers(1, 50),
)
def test_every_meter_is_found_and_no_other(
    addresses: list[str], echoes: bool, lossy: bool, seed: int, resumed_every: int
) -> None:
    counts = Counter(addresses)
    echoing = frozenset(addresses[::3]) if echoes else frozenset()
    line = Line(addresses, echoing, lossy=lossy, seed=seed)
    found, shared, unexplained = search_all(line, thorough=lossy, resumed_every=resumed_every)
    assert found == {address for address, count in counts.items() if count == 1}
    assert shared == {address for address, count in counts.items() if count > 1}
    assert not unexplained
    assert max(line.asked.values()) <= MOST_TRIES


@settings(max_examples=10, deadline=None)
@given(addresses=st.sets(NEAR | FAR, min_size=1, max_size=8))
def test_meters_that_tell_their_address_by_13h_alone_are_found(addresses: set[str]) -> None:
    found, shared, _ = search_all(
        Line(sorted(addresses), address_only=True), thorough=False, resumed_every=99
    )
    assert (found, shared) == (addresses, set())


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.03, 0.08]))
def test_noise_makes_no_meter_and_the_search_ends(seed: int, share: float) -> None:
    dice = random.Random(seed)
    line = Line(["202411110001", "202411110002", "202411110101"])
    search = new_search("dlt645-2007", thorough=True)
    while not isinstance(question := search.next_question(), Done):
        heard = line.hear(question)
        if dice.random() < share:
            stranger = (f"{dice.randrange(10**12):012d}",) if dice.random() < 0.1 else ()
            heard = Heard(stranger, damaged=not stranger, latest_start_ms=40)
        search.answer(question, heard)
        assert search.asked < 8_000
    assert sorted(search.found) == line.addresses
    assert not search.duplicates
    assert max(line.asked.values()) <= MOST_TRIES


def test_meters_of_one_delivery_are_found_long_before_it_is_proved_that_there_are_no_others() -> None:
    line = Line([f"20241111{number:04d}" for number in range(1, 121)])
    search, all_found = new_search("dlt645-2007"), 0
    while not isinstance(question := search.next_question(), Done):
        search.answer(question, line.hear(question))
        if not all_found and len(search.found) == 120:
            all_found = search.asked
            assert search.left() > 1000
    assert all_found < search.asked / 3


def test_what_takes_no_shortened_address_is_named_not_found() -> None:
    class Unabbreviated(Line):
        def hear(self, question: Question) -> Heard:
            opened = question.address.count("A")
            return super().hear(question) if opened in (0, 12) else Heard()

    found, shared, unexplained = search_all(
        Unabbreviated(["000000000001", "000000000002"]), thorough=False, resumed_every=99
    )
    assert (found, shared, unexplained) == (set(), set(), ["AAAAAAAAAAAA"])


def test_two_meters_that_answer_in_turn_at_one_address_are_told_apart_by_what_they_count() -> None:
    search, turns = new_search("dlt645-2007"), 0
    while not isinstance(question := search.next_question(), Done):
        turns += 1
        heard = Heard(("000000000007",), energy_wh=50_000 * (turns % 2) if question.is_exact else None)
        search.answer(question, heard if "000000000007".endswith(question.address.lstrip("A")) else Heard())
    assert (search.found, search.duplicates) == ([], ["000000000007"])


@settings(max_examples=20, deadline=None)
@given(
    units=st.lists(st.integers(1, 247), max_size=8),
    resumed_every=st.integers(1, 60),
    refusing=st.integers(0, 1),
)
def test_modbus_units_are_found_by_whichever_function_they_answer(
    units: list[int], resumed_every: int, refusing: int
) -> None:
    """Half of the meters know one of the two functions, and are silent to the other."""
    counts = Counter(str(unit) for unit in units)
    search = new_search("modbus-rtu")
    while not isinstance(question := search.next_question(), Done):
        here = counts[question.address]
        deaf = int(question.address) % 2 == 0 and question.attempt % 2 == refusing
        heard = (
            Heard() if not here or deaf else Heard((question.address,)) if here == 1 else Heard(damaged=True)
        )
        search.answer(question, heard)
        assert search.asked < 2 * 247 + 10 * len(units) + 1
        if search.asked % resumed_every == 0:
            search = search_from_json(json.loads(json.dumps(search.as_json())))
    assert set(search.found) == {unit for unit, count in counts.items() if count == 1}
    assert set(search.duplicates) == {unit for unit, count in counts.items() if count > 1}
