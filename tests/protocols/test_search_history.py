"""What a search makes of the tries of one question: a table."""

import pytest

from gateway.protocols.search.history import Care, Claim, Place, contradicts_itself, judge, settle

A, B = "202411110001", "202411110002"
WORDS = {"s": "silent", "d": "damaged", "r": "refused", "e": "echo", "A": A, "B": B}


def history(letters: str) -> list[str]:
    return [WORDS[letter] for letter in letters]


@pytest.mark.parametrize(
    ("letters", "care", "place"),
    [
        ("", Care(1), None),
        ("s", Care(1), "S"),
        ("s", Care(2), None),
        ("ss", Care(2), "S"),
        ("sd", Care(1), None),
        ("sds", Care(1), "S"),
        ("sds", Care(2), None),
        ("d", Care(1), None),
        ("dd", Care(1), "X"),
        ("dd", Care(1, noise=1), None),
        ("ddd", Care(1, noise=1), "X"),
        ("dddd", Care(1, noise=4), None),
        ("ddddd", Care(1, noise=4), "X"),
        ("ddddd", Care(1, noise=1000), "X"),
        ("dAd", Care(1), None),
        ("dAdd", Care(1), "X"),
        ("A", Care(1), None),
        ("A", Care(1, good_tries=1), "O"),
        ("AA", Care(1), "O"),
        ("e", Care(1, good_tries=1), "O"),
        ("sA", Care(1, good_tries=1), None),
        ("sAA", Care(1, good_tries=1), "O"),
        ("dAA", Care(1), None),
        ("dAAA", Care(1), "O"),
        ("AB", Care(1), "X"),
        ("Ae", Care(1), "X"),
        ("sssdddA", Care(9, noise=1000), None),
        ("ssssddAA", Care(9, noise=1000), "X"),
        ("sssssdAA", Care(9, noise=1000), "O"),
        ("ssssssdd", Care(9, noise=1000), "S"),
    ],
)
def test_what_stands_at_a_place(letters: str, care: Care, place: str | None) -> None:
    assert settle(history(letters), care) == (None if place is None else Place(place))


@pytest.mark.parametrize(
    ("letters", "claim"),
    [
        ("", None),
        ("A", None),
        ("AA", "proved"),
        ("sAdA", "proved"),
        ("BB", None),
        ("ddd", None),
        ("dddd", "shared"),
        ("sddddd", None),
        ("sdddddd", "shared"),
        ("r", None),
        ("rr", "other-edition"),
        ("ss", None),
        ("sss", "unproved"),
        ("sssA", None),
        ("Assssss", None),
        ("Asssssss", "unproved"),
    ],
)
def test_what_becomes_of_an_address(letters: str, claim: str | None) -> None:
    assert judge(history(letters), A) == (None if claim is None else Claim(claim))


def test_noise_is_damage_beside_something_else() -> None:
    told = {letters: contradicts_itself(history(letters)) for letters in ("dd", "ds", "dA", "ss", "sA", "")}
    assert told == {"dd": False, "ds": True, "dA": True, "ss": False, "sA": False, "": False}
