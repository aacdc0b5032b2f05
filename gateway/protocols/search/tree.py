"""The wildcard tree of DL/T 645 (protocols 1.7): everybody, then those whose lowest byte is 00 to 99, then the next byte.

A question with its lowest bytes given and AA above is answered by all who end so (2007, clause 7.1.2: abbreviated addressing).
Silence folds a branch, one answer is a meter, damage opens its hundred children; at the sixth byte damage is an address that
several meters have. Every address is proved by two exact reads.

Likely branches come first: meters of one delivery share their upper bytes, so a collision is tried at the byte values seen before
it is swept. All meters are mostly found in the first tenth; the rest proves that there are no others. A subset never answers
later than the whole did, so each branch waits only a little longer than its parent took.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.protocols.search.claims import ClaimedSearch, Claims
from gateway.protocols.search.history import (
    DAMAGED,
    ECHO,
    SILENT,
    Care,
    Place,
    contradicts_itself,
    settle,
)
from gateway.protocols.search.questions import FULL_WINDOW_MS, Ask, Done, Heard, Question

ADDRESS_DIGITS = 12
CHILDREN = 100
MARGIN_MS = 40
"""An adapter's latency and a meter's own unsteadiness, on top of what its parent took."""
ROOT_SILENT_TRIES = 3
SEVERAL_ARE = 2
ECHO_STEPS = (Ask.ADDRESS, Ask.IDENTITY) * 2


@dataclass(slots=True)
class Tree:
    """What is known of the branches of one kind of question. Plain JSON values only."""

    ask: Ask
    root: str = Place.UNASKED
    rows: dict[str, str] = field(default_factory=dict)
    """A collided ending (``, `05`, `0105`) to its hundred children, one letter of `Place` each."""
    windows: dict[str, int] = field(default_factory=dict)
    """A collided ending to how long its children are waited for."""
    tries: dict[str, list[str]] = field(default_factory=dict)
    """An ending under question to its tries; `*` is everybody."""
    explained: dict[str, bool] = field(default_factory=dict)
    """Collided endings under which several meters are known."""
    swept: list[str] = field(default_factory=list)
    """Collided endings whose children were all asked once and did not explain the collision: they are asked once more."""
    echoes: dict[str, int] = field(default_factory=dict)
    """An ending whose meter named a wildcard, to how many other questions for its address were tried."""


@dataclass(slots=True)
class TreeSearch(ClaimedSearch):
    """One line, one edition. The 2007 edition is searched by energy, then by 13H for those who answer nothing else."""

    trees: list[Tree]
    claims: Claims = field(default_factory=Claims)
    thorough: bool = False
    asked: int = 0
    margin_ms: int = MARGIN_MS
    full_window_ms: int = FULL_WINDOW_MS
    noise: int = 0
    """How many places contradicted themselves: a line that is noisy is asked more often."""
    unexplained: list[str] = field(default_factory=list)
    """Addresses and abbreviations under which something was heard that could not be told apart."""
    kind: str = "tree"

    # ---- asking ------------------------------------------------------------------------------------------------------

    def next_question(self) -> Question | Done:
        """Give the most useful question; the same again until it is answered."""
        for address, history in self.claims.open.items():
            return Question(Ask.READ, address, self.full_window_ms, len(history))
        for tree in self.trees:
            for question in self._questions(tree):
                return question
            self._note_unexplained(tree)
        return Done()

    def left(self) -> int:
        """Count the questions known to be needed; repetitions and collisions to come are not."""
        return self.claims.left() + sum(self._left_in(tree) for tree in self.trees)

    def _left_in(self, tree: Tree) -> int:
        unasked = sum(row.count(Place.UNASKED) for row in tree.rows.values())
        return unasked + (tree.root == Place.UNASKED) + len(tree.echoes)

    def _questions(self, tree: Tree) -> Iterator[Question]:
        for ending, step in tree.echoes.items():
            yield Question(ECHO_STEPS[step], full(ending), self.full_window_ms, step)
        if tree.root == Place.UNASKED:
            address = "9" * ADDRESS_DIGITS if tree.ask is Ask.EVERYBODY else full("")
            yield Question(tree.ask, address, self.full_window_ms, len(tree.tries.get("*", ())))
        for ending, history in tree.tries.items():
            if ending != "*":
                yield self._ask(tree, ending, len(history), proving=False)
        if place := self._next_place(tree):
            yield self._ask(tree, place[0], 0, proving=place[1])

    def _ask(self, tree: Tree, ending: str, attempt: int, *, proving: bool) -> Question:
        window_ms = tree.windows.get(ending[2:], self.full_window_ms)
        return Question(tree.ask, full(ending), window_ms, attempt, proving)

    def _next_place(self, tree: Tree) -> tuple[str, bool] | None:
        """Choose the next unasked place: the first byte whole, then what is likely, what explains a collision, the rest."""
        opened = [(ending, row) for ending, row in tree.rows.items() if Place.UNASKED in row]
        likely = {depth: self._likely(depth) for depth in {len(ending) // 2 for ending, _ in opened}}
        for ending, row in opened:
            if not ending:
                return child(ending, row.index(Place.UNASKED)), False
        for ending, row in opened:
            for value in likely[len(ending) // 2]:
                if row[value] == Place.UNASKED:
                    return child(ending, value), False
        for ending, row in opened:
            if not self._is_explained(tree, ending):
                return child(ending, row.index(Place.UNASKED)), False
        for ending, row in opened:
            return child(ending, row.index(Place.UNASKED)), True
        return self._sweep_again(tree)

    def _sweep_again(self, tree: Tree) -> tuple[str, bool] | None:
        """A collision that its children didn't explain had a reply lost: ask those who were silent once more."""
        for ending, row in tree.rows.items():
            if ending not in tree.swept and not self._is_explained(tree, ending):
                tree.swept.append(ending)
                tree.rows[ending] = row = row.replace(Place.NOBODY, Place.UNASKED)
                if Place.UNASKED in row:
                    return child(ending, row.index(Place.UNASKED)), False
        return None

    def _is_explained(self, tree: Tree, ending: str) -> bool:
        """Tell whether those known are enough for a collision; what was enough once stays so."""
        if ending not in tree.explained and self.claims.known_under(ending) >= SEVERAL_ARE:
            tree.explained[ending] = True
        return ending in tree.explained

    def _likely(self, depth: int) -> list[int]:
        """Give the values that meters known so far have in a byte: those of one delivery share the upper ones."""
        end = ADDRESS_DIGITS - 2 * depth
        addresses = (*self.claims.found, *self.claims.open, *self.claims.duplicates)
        return sorted({int(address[end - 2 : end]) for address in addresses})

    # ---- hearing -----------------------------------------------------------------------------------------------------

    def answer(self, question: Question, heard: Heard) -> None:
        """Take what a question brought. A late answer of somebody else is a claim like any other."""
        self.asked += 1
        own = question.address if question.is_exact else None
        for address in (*heard.addresses, *heard.refused):
            if address != own and is_address(address):
                self.claims.claim(address)
        if question.address in self.claims.open and question.ask is Ask.READ:
            self.claims.take(question.address, heard)
            return
        tree = self._tree_of(question)
        ending = question.address.lstrip("A")
        if ending in tree.echoes and question.ask is not tree.ask:
            self._take_echo(tree, ending, heard)
        else:
            self._take(tree, "*" if question.ask is Ask.EVERYBODY or not ending else ending, heard)

    def _tree_of(self, question: Question) -> Tree:
        ending = question.address.lstrip("A")
        for tree in self.trees:
            if question.ask is tree.ask or ending in tree.echoes:
                return tree
        raise ValueError(f"{question} is not of this search")

    def _take(self, tree: Tree, ending: str, heard: Heard) -> None:
        history = tree.tries.setdefault(ending, [])
        bare = "" if ending == "*" else ending
        if heard.latest_start_ms is not None:
            window_ms = min(self.full_window_ms, 5 * heard.latest_start_ms // 4 + self.margin_ms)
            tree.windows[bare] = max(window_ms, tree.windows.get(bare, 0))
        history.extend(_outcomes(bare, heard))
        place = settle(history, self._care(ending))
        if place is None:
            return
        del tree.tries[ending]
        self.noise += contradicts_itself(history)
        self._settle(tree, ending, place, ECHO in history)
        if bare not in tree.rows:
            tree.windows.pop(bare, None)

    def _settle(self, tree: Tree, ending: str, place: Place, echoed: bool) -> None:
        bare = "" if ending == "*" else ending
        if place is Place.ONE and echoed and len(bare) < ADDRESS_DIGITS and tree.ask is not Ask.EVERYBODY:
            tree.echoes[bare] = 0
        if place is Place.ONE and len(bare) == ADDRESS_DIGITS:
            self.claims.claim(bare)
        if place is Place.SEVERAL:
            self._open(tree, bare)
        if ending == "*":
            tree.root = place
        else:
            self._mark(tree, ending, place)

    def _mark(self, tree: Tree, ending: str, place: Place) -> None:
        value, parent = int(ending[:2]), ending[2:]
        row = tree.rows[parent]
        tree.rows[parent] = row[:value] + place + row[value + 1 :]

    def _open(self, tree: Tree, ending: str) -> None:
        """Several are there: ask for each child, or say that they have one address."""
        if len(ending) == ADDRESS_DIGITS:
            self.claims.share(ending)
        elif tree.ask is Ask.EVERYBODY:
            self._leave_unless_known()
        elif not (tree.ask is Ask.ADDRESS and ending and self.claims.known_under(ending) >= SEVERAL_ARE):
            tree.rows[ending] = str(Place.UNASKED) * CHILDREN

    def _take_echo(self, tree: Tree, ending: str, heard: Heard) -> None:
        """A meter that named a wildcard was asked for its address in another way."""
        step = tree.echoes[ending] + 1
        if any(is_address(address) for address in heard.addresses):
            del tree.echoes[ending]
        elif step < len(ECHO_STEPS):
            tree.echoes[ending] = step
        else:
            del tree.echoes[ending]
            self._open(tree, ending)

    def _care(self, ending: str) -> Care:
        """A lost reply high up would lose a whole branch; further down, a collision that stays unexplained tells of it."""
        if ending == "*":
            return Care(ROOT_SILENT_TRIES, noise=self.noise)
        if self.thorough:
            return Care(2, noise=self.noise)
        if self.noise or (len(ending) == 2 and not self._asks_twice()):
            return Care(2, noise=self.noise)
        return Care(1, good_tries=1)

    def _asks_twice(self) -> bool:
        """Tell whether each lowest byte is asked for by two questions: the second finds whose answer to the first was lost."""
        return sum(tree.ask in (Ask.READ, Ask.ADDRESS) for tree in self.trees) > 1

    def _note_unexplained(self, tree: Tree) -> None:
        """Name what collided and has no child that answers: noise, or meters that take no abbreviated address."""
        if tree.ask is not Ask.READ:
            return
        for ending, row in tree.rows.items():
            if not set(row) & {Place.ONE, Place.SEVERAL} and not self.claims.known_under(ending):
                self._leave(full(ending))

    def _leave_unless_known(self) -> None:
        if not self.claims.known_under(""):
            self._leave("9" * ADDRESS_DIGITS)

    def _leave(self, address: str) -> None:
        if address not in self.unexplained:
            self.unexplained.append(address)


def full(ending: str) -> str:
    """Give an ending as an address: `AAAAAAAAAA05`."""
    return ending.rjust(ADDRESS_DIGITS, "A")


def child(ending: str, value: int) -> str:
    """Give the ending that is one byte longer."""
    return f"{value:02d}{ending}"


def is_address(address: str) -> bool:
    """Tell whether it can be one meter's: digits only, not everybody's."""
    return len(address) == ADDRESS_DIGITS and address.isdecimal() and address != "9" * ADDRESS_DIGITS


def _outcomes(ending: str, heard: Heard) -> list[str]:
    """Give a try's entries for a history; answers of those who were not asked say nothing about this place."""
    answered = [address for address in (*heard.addresses, *heard.refused) if address.endswith(ending)]
    if heard.echoed:
        answered.append(ECHO)
    if answered:
        return [*answered[:1], *({DAMAGED} if heard.damaged else ()), *answered[1:]]
    return [DAMAGED if heard.damaged else SILENT]
