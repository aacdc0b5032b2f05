"""Chains of signatures: who may sign when, and whether a request could ever be signed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.approval import (
    NotAChain,
    Signed,
    SignRefusal,
    Step,
    can_be_signed,
    chain_json,
    chain_of,
    for_asker,
    may_sign,
    step_now,
)

CHAIN = (Step(("director",)), Step(("vp-network", "vp-logistics")), Step(("finance",), 2))
ASKER, DIRECTOR, VICE, FINANCE, OTHER = range(5)


def ask(
    signed: list[Signed], person: int, *offices: str, stand_ins: tuple[str, ...] = ()
) -> SignRefusal | None:
    return may_sign(CHAIN, signed, asker=ASKER, person=person, offices=offices, stand_ins=stand_ins)


def test_the_procedures_chain_goes_up_step_by_step() -> None:
    assert ask([], VICE, "vp-network") is SignRefusal.NOT_YOUR_TURN
    assert ask([], DIRECTOR, "director") is None
    first = [Signed(0, DIRECTOR)]
    assert step_now(CHAIN, first) == 1
    assert ask(first, VICE, "vp-logistics") is None
    second = [*first, Signed(1, VICE), Signed(2, FINANCE)]
    assert step_now(CHAIN, second) == 2, "two persons of finance"
    assert ask(second, FINANCE, "finance") is SignRefusal.SIGNED_BEFORE
    assert ask(second, OTHER, "finance") is None
    assert ask([*second, Signed(2, OTHER)], 9, "finance") is SignRefusal.ENDED


def test_nobody_signs_his_own_request_whatever_he_stands_in_for() -> None:
    assert ask([], ASKER, "director", "finance") is SignRefusal.OWN_REQUEST


def test_nobody_signs_two_steps() -> None:
    assert ask([Signed(0, DIRECTOR)], DIRECTOR, "vp-network") is SignRefusal.SIGNED_BEFORE


def test_those_above_may_sign_only_once_it_was_escalated_to_them() -> None:
    assert ask([], OTHER, "president") is SignRefusal.NOT_YOUR_TURN
    assert ask([], OTHER, "president", stand_ins=("president",)) is None


@pytest.mark.parametrize(
    ("people", "enough"),
    [
        ({"director": 1, "vp-network": 1, "finance": 2}, True),
        ({"director": 1, "vp-network": 1, "finance": 1}, False),
        ({"director": 0, "vp-network": 9, "finance": 9}, False),
        ({}, False),
    ],
)
def test_a_request_that_can_never_be_signed_is_known_before(people: dict[str, int], enough: bool) -> None:
    assert can_be_signed(CHAIN, people) is enough


def test_one_person_does_not_count_for_two_steps() -> None:
    both = (Step(("finance",)), Step(("finance", "director")))
    assert not can_be_signed(both, {"finance": 1})
    assert can_be_signed(both, {"finance": 1, "director": 1})


def test_the_directors_request_does_not_wait_for_the_director() -> None:
    people = {"vp-network": 1, "finance": 2}
    assert for_asker(CHAIN, {"director"}, people) == CHAIN[1:]
    assert for_asker(CHAIN, {"director"}, people | {"director": 1}) == CHAIN, "another director signs"
    assert for_asker(CHAIN, {"cashier"}, people) is None


def test_asking_is_never_enough_where_somebody_must_sign() -> None:
    assert for_asker((Step(("director",)),), {"director"}, {}) is None
    assert for_asker((), {"director"}, {}) == ()


steps = st.builds(
    Step, st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True).map(tuple), st.integers(1, 2)
)


@given(st.lists(steps, max_size=3).map(tuple), st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)))
def test_enough_people_can_really_sign_it(chain: tuple[Step, ...], people: dict[str, int]) -> None:
    """Sign in every order of people until nobody can: somewhere the chain ends exactly when enough people were promised."""
    crowd = [(place, office) for place, office in enumerate(o for o, n in people.items() for _ in range(n))]

    def ends(signed: tuple[Signed, ...]) -> bool:
        step = step_now(chain, signed)
        if step is None:
            return True
        return any(
            ends((*signed, Signed(step, person)))
            for person, office in crowd
            if may_sign(chain, signed, asker=-1, person=person, offices=(office,)) is None
        )

    assert ends(()) == can_be_signed(chain, people)


@given(st.lists(steps, max_size=8).map(tuple))
def test_a_chain_is_read_as_it_was_written(chain: tuple[Step, ...]) -> None:
    assert chain_of(chain_json(chain)) == chain


@pytest.mark.parametrize(
    "value",
    [None, {}, "director", [1], [{}], [{"offices": []}], [{"offices": [1]}], [{"offices": ["a"], "persons": 0}],
     [{"offices": ["a"], "persons": True}], [{"offices": ["a"], "persons": 6}], [{"offices": ["a"], "x": 1}],
     [{"offices": ["a"]}] * 9],
)  # fmt: skip
def test_what_is_no_chain_is_refused(value: object) -> None:
    with pytest.raises(NotAChain):
        chain_of(value)


def test_of_two_of_the_askers_own_office_the_other_one_still_signs() -> None:
    two = (Step(("director",), 2), Step(("finance",)))
    one_left = (Step(("director",)), Step(("finance",)))
    assert for_asker(two, {"director"}, {"director": 1, "finance": 1}) == one_left
    assert for_asker(two, {"director"}, {"finance": 1}) is None, "nobody else is there for the second one"
