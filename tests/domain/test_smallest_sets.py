"""The smallest sets that add up to a target: against brute force, in any order, within the budget."""

from collections import Counter
from itertools import combinations_with_replacement

from hypothesis import given, settings
from hypothesis import strategies as st

from central.domain.smallest_sets import Item, roundness, smallest_sets

AMOUNTS = st.sampled_from([-100, -50, -30, 20, 30, 35, 50, 100, 137, 200])
ITEMS = st.lists(st.builds(Item, AMOUNTS, st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=7).map(
    lambda items: [Item(one.delta, one.owner, 1 + one.owner % 3) for one in items]
)
TARGETS = st.integers(-40, 80).map(lambda number: number * 5)
ALL = 10_000


def by_force(items: list[Item], target: int, most: int) -> tuple[int, set[tuple[int, ...]]]:
    """Try every set of every size: the size of the smallest that fit, and all of them."""
    for size in range(1, most + 1):
        found = set()
        for chosen in combinations_with_replacement(range(len(items)), size):
            used = Counter(items[at].owner for at in chosen)
            fits = all(used[items[at].owner] <= items[at].capacity for at in chosen)
            if fits and sum(items[at].delta for at in chosen) == target:
                found.add(chosen)
        if found:
            return size, found
    return 0, set()


@given(ITEMS, TARGETS, st.integers(1, 5))
@settings(max_examples=300)
def test_all_smallest_sets_are_found_and_no_other(items: list[Item], target: int, most: int) -> None:
    found = smallest_sets(items, target, most, ALL, ALL * ALL)
    _size, expected = by_force(items, target, most) if target else (0, set())
    assert found.is_complete
    assert len(found.sets) == len(set(found.sets))
    assert set(found.sets) == expected


@given(ITEMS, TARGETS, st.integers(0, 3))
def test_beyond_the_limit_they_are_counted(items: list[Item], target: int, limit: int) -> None:
    every = smallest_sets(items, target, 4, ALL, ALL * ALL)
    some = smallest_sets(items, target, 4, limit, ALL * ALL)
    assert len(some.sets) + some.more == len(every.sets)
    assert len(some.sets) <= limit
    assert set(some.sets) <= set(every.sets)


@given(ITEMS, TARGETS, st.randoms(use_true_random=False))
def test_the_order_of_the_items_changes_nothing(items: list[Item], target: int, rng: object) -> None:
    turned = list(range(len(items)))
    rng.shuffle(turned)  # type: ignore[attr-defined]
    straight = smallest_sets(items, target, 4, ALL, ALL * ALL)
    other = smallest_sets([items[at] for at in turned], target, 4, ALL, ALL * ALL)
    assert {tuple(sorted(turned[at] for at in chosen)) for chosen in other.sets} == set(straight.sets)


@given(ITEMS, TARGETS, st.integers(1, 60))
def test_a_budget_that_is_used_up_is_said(items: list[Item], target: int, budget: int) -> None:
    """Whatever is said to be complete is what an unbounded search says; whatever is not claims nothing."""
    found = smallest_sets(items, target, 4, ALL, budget)
    every = smallest_sets(items, target, 4, ALL, ALL * ALL)
    if found.is_complete:
        assert set(found.sets) == set(every.sets)
    assert set(found.sets) <= set(every.sets)


def test_one_step_too_few_is_not_the_end() -> None:
    items = [Item(delta, at) for at, delta in enumerate((7, 11, 13, 17))]
    enough = smallest_sets(items, 48, 4, ALL, ALL)
    assert (enough.sets, enough.is_complete) == (((0, 1, 2, 3),), True)
    short = smallest_sets(items, 48, 4, ALL, 20)
    assert (short.sets, short.is_complete) == ((), False)


def test_two_rows_among_many_of_one_kind_are_a_coincidence() -> None:
    """Payments of 10 to 200 yuan, missing or doubled: 210 yuan is met, and so is every number around it."""
    yuan = (10, 20, 30, 35, 40, 45, 50, 60, 100, 120, 150, 200)
    items = [Item(sign * 100 * one, at, 9) for at, one in enumerate(yuan) for sign in (1, -1)]
    crowded = smallest_sets(items, 21_000, 4, ALL, ALL * ALL)
    assert crowded.sets
    assert crowded.is_crowded
    odd = [Item(one, at) for at, one in enumerate((13_737, 20_411, 48_002, 7_919))]
    clear = smallest_sets(odd, 13_737 + 48_002, 4, ALL, ALL * ALL)
    assert clear.sets == ((0, 2),)
    assert not clear.is_crowded
    assert not smallest_sets(items, 20_000, 4, ALL, ALL * ALL).is_crowded  # one row alone is no set of rows


def test_how_round_a_number_is() -> None:
    assert [roundness(number) for number in (12_000, -12_000, 3_737, 100, 0)] == [1000, 1000, 1, 100, 1]
