"""The decision table, row by row, and the guard over it (C-10, C-16)."""

from itertools import pairwise, product

import msgspec
import pytest

from gateway.contract.facts import DecisionKind, Instant
from gateway.contract.rules import Billing, CutOff, PolicyRule
from gateway.domain.cut_guard import CutGuard, admit, approved, is_spent
from gateway.domain.cutoff import RULINGS, WISH, Basis, Credit, Ground, credit_of, ground_of, rule_on
from gateway.domain.ledger import AccountState, Closing
from tests.application.site import room

OPEN = AccountState("a1")


TABLE = """
                     left                       low             spared                  spent
account-quarantined  hold account-quarantined   <               <                       <
account-closed       - account-closed           <               <                       <
no-cut-off           close no-cut-off           warn credit-low warn spent-no-cut-off   <
card-meter           - card-meter               <               <                       <
monthly              close monthly              <               <                       <
protected            close protected            warn credit-low warn spent-protected    <
software-control     close software-control     <               <                       <
meter-in-doubt       close credit-left          warn credit-low warn spared             hold meter-in-doubt
newly-bound          close credit-left          warn credit-low warn spared             - newly-bound
estimate             close credit-left          warn credit-low warn spared             - estimate
unconfirmed          close credit-left          warn credit-low warn spared             - unconfirmed ?
confirmed            close credit-left          warn credit-low warn spared             open credit-spent
"""


def test_what_each_ground_and_credit_decide() -> None:
    """C-16. `-`: all stays as it is; `?`: the register is read again at once; `<`: as on the left."""
    columns = (0, 21, 48, 64, 88, 120)
    for line in TABLE.strip("\n").splitlines()[1:]:
        said = ""
        ground, *cells = (line[begin:end].strip() for begin, end in pairwise(columns))
        for credit, cell in zip(Credit, cells, strict=True):
            said = said if cell == "<" else cell
            ruling = RULINGS[Ground(ground)][credit]
            words = [ruling.kind or "-", ruling.reason, *(["?"] if ruling.confirm else [])]
            assert " ".join(words) == said


def test_the_table_is_whole() -> None:
    assert set(RULINGS) == set(Ground)
    assert all(set(row) == set(Credit) for row in RULINGS.values())
    assert set(WISH) == set(DecisionKind)


def test_only_a_confirmed_spent_balance_cuts() -> None:
    cutting = [
        (ground, credit)
        for ground, credit in product(Ground, Credit)
        if RULINGS[ground][credit].kind is DecisionKind.OPEN
    ]
    assert cutting == [(Ground.CONFIRMED, Credit.SPENT)]


@pytest.mark.parametrize(
    ("ground", "rule", "state", "questionable", "basis"),
    [
        (Ground.QUARANTINED, room(protected=True), AccountState("a1", quarantined="x"), True, Basis.READ),
        (Ground.CLOSED, room(), AccountState("a1", closed=True), False, Basis.CONFIRMED),
        (Ground.CLOSED, room(), AccountState("a1", closing=Closing(1, "c", True)), False, Basis.CONFIRMED),
        (Ground.NO_CUT_OFF, room(cut_off=CutOff.NONE), OPEN, False, Basis.CONFIRMED),
        (Ground.CARD, room(billing=Billing.CARD), OPEN, False, Basis.CONFIRMED),
        (Ground.MONTHLY, room(billing=Billing.MONTHLY), OPEN, False, Basis.CONFIRMED),
        (Ground.PROTECTED, room(protected=True), OPEN, True, Basis.CONFIRMED),
        (Ground.IN_DOUBT, room(), OPEN, True, Basis.CONFIRMED),
        (Ground.ESTIMATED, room(), OPEN, False, Basis.ESTIMATE),
        (Ground.UNCONFIRMED, room(), OPEN, False, Basis.READ),
        (Ground.CONFIRMED, room(), OPEN, False, Basis.CONFIRMED),
        (Ground.CONFIRMED, room(cut_off=CutOff.CONTACTOR), OPEN, False, Basis.CONFIRMED),
    ],
)
def test_the_first_ground_that_holds(ground, rule, state, questionable, basis) -> None:
    assert ground_of(rule, state, questionable, basis) is ground


def test_a_newly_bound_account_is_supplied_or_left_alone_and_never_cut() -> None:
    assert ground_of(room(), OPEN, False, Basis.CONFIRMED, newly_bound=True) is Ground.NEWLY_BOUND
    for basis in Basis:
        assert rule_on(room(), OPEN, -5, False, basis, newly_bound=True).kind is None
        assert rule_on(room(), OPEN, 5, False, basis, newly_bound=True).kind is not DecisionKind.OPEN


@pytest.mark.parametrize(
    ("balance", "overdraft", "credit"),
    [
        (1, 0, Credit.LOW),
        (101, 0, Credit.LEFT),
        (100, 0, Credit.LOW),
        (0, 0, Credit.SPENT),
        (-1, 0, Credit.SPENT),
        (-49, 50, Credit.LOW),
        (-50, 50, Credit.SPENT),
    ],
)
def test_credit_is_spent_at_the_overdraft_and_low_at_a_warning(
    balance: int, overdraft: int, credit: Credit
) -> None:
    assert credit_of(room(overdraft=overdraft, warn_at=[100, 10]), balance) is credit


def test_a_hold_does_not_lift_a_cut_that_stands() -> None:
    cut = msgspec.structs.replace(OPEN, decision=DecisionKind.OPEN, reason="credit-spent")
    for questionable, basis in product((True, False), Basis):
        assert rule_on(room(), cut, -5, questionable, basis).kind is None
    assert rule_on(room(), cut, 5, False, Basis.ESTIMATE).kind is DecisionKind.CLOSE


POLICY = PolicyRule(cut_guard_count=2, cut_guard_window_s=60)


def at(ms: int, boot: str = "b", trusted: bool = True) -> Instant:
    return Instant(boot, ms, 1_700_000_000_000 + ms, trusted)


def cuts(guard: CutGuard, *moments: Instant) -> tuple[CutGuard, list[bool]]:
    passed = []
    for moment in moments:
        guard, admitted = admit(guard, moment, POLICY)
        passed.append(admitted)
    return guard, passed


def test_slow_cuts_never_trip_the_guard() -> None:
    assert cuts(CutGuard(), *(at(n * 61_000) for n in range(6)))[1] == [True] * 6


def test_the_third_cut_in_a_minute_trips_it_for_good() -> None:
    guard, passed = cuts(CutGuard(), at(0), at(1), at(2), at(999_999))
    assert passed == [True, True, False, False]
    assert guard.tripped


def test_a_cut_whose_age_is_not_known_counts() -> None:
    assert cuts(CutGuard(), at(0, "b1"), at(1, "b1"), at(90_000_000, "b2", trusted=False))[1][-1] is False


def test_an_approval_counts_down_and_ends() -> None:
    guard, _ = cuts(CutGuard(), at(0), at(1), at(2))
    guard = approved(guard, 2, at(0).wall_ms + 10_000, at(2))
    guard, passed = cuts(guard, at(3), at(4), at(5))
    assert passed == [True, True, False]
    late = approved(guard, 5, at(0).wall_ms + 10_000, at(5))
    assert cuts(late, at(11_000))[1] == [False]


def test_a_cut_counts_to_the_end_of_the_window() -> None:
    assert cuts(CutGuard(), at(0), at(1), at(60_000))[1] == [True, True, False]
    assert cuts(CutGuard(), at(0), at(1), at(60_001))[1] == [True, True, True]


def test_an_approval_holds_to_its_very_end_and_not_on_a_doubted_clock() -> None:
    tripped, _ = cuts(CutGuard(), at(0), at(1), at(2))
    guard = approved(tripped, 5, at(10_000).wall_ms, at(2))
    assert cuts(guard, at(10_000), at(10_001))[1] == [True, False]
    assert cuts(guard, at(3, trusted=False))[1] == [False]


def test_an_approval_counts_once_while_it_could_be_sent_again() -> None:
    """C-10."""
    first, second = at(10_000).wall_ms, at(20_000).wall_ms
    guard = approved(CutGuard(), 3, first, at(0))
    assert is_spent(guard, 3, first)
    assert not is_spent(guard, 3, second)
    assert not is_spent(guard, 2, first)
    held, _ = cuts(guard, at(11_000))
    assert is_spent(held, 3, first)
    for now, still in ((at(10_000), True), (at(10_001), False), (at(99_000, trusted=False), True)):
        both = approved(held, 1, second, now)
        assert (is_spent(both, 3, first), is_spent(both, 1, second)) == (still, True)
