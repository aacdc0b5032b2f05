"""A grant as a code: what was written is read, every slip is named, nothing made up fits, and anything may be typed."""

from dataclasses import replace
from hashlib import sha512

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.contract.checked_groups import ALPHABET, grouped, ungrouped
from gateway.contract.commands import Grant
from gateway.contract.voucher_code import (
    CodeRefusal,
    Place,
    Unfit,
    looks_like_code,
    read_code,
    shared_key,
    short_name,
    write_code,
)

CENTRAL = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PI = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
KEY = shared_key(CENTRAL, PI.public_key(), "b1")
GRANT = Grant("p-20261101-0042", "b1-301", "paid", "yuan", 30_000_000, serial=1_490_000)
PLACES = [
    Place(f"b1-{room}", *bucket)
    for room in range(200, 400)
    for bucket in (("paid", "yuan"), ("subsidy", "kwh"))
]


def read(text: str, keys: tuple[bytes, ...] = (KEY,), gateway: str = "b1") -> Grant | Unfit:
    return read_code(text, keys, gateway, PLACES)


def code_of(grant: Grant = GRANT) -> str:
    code = write_code(KEY, "b1", grant)
    assert code is not None
    return code


def test_both_sides_derive_one_key_from_the_keys_they_know() -> None:
    assert shared_key(PI, CENTRAL.public_key(), "b1") == KEY
    assert shared_key(PI, CENTRAL.public_key(), "b2") != KEY
    assert shared_key(CENTRAL, Ed25519PrivateKey.generate().public_key(), "b1") != KEY


@given(st.binary(min_size=32, max_size=32))
def test_a_public_key_goes_to_the_curve_that_its_private_key_goes_to(seed: bytes) -> None:
    """The map of RFC 7748, 4.1, against what the library makes of the private half."""
    from gateway.contract import voucher_code

    private = Ed25519PrivateKey.from_private_bytes(seed)
    curve = X25519PrivateKey.from_private_bytes(sha512(seed).digest()[:32])
    y = int.from_bytes(private.public_key().public_bytes_raw(), "little") & (2**255 - 1)
    prime = voucher_code._FIELD_PRIME
    u = (1 + y) * pow(1 - y, -1, prime) % prime
    assert curve.public_key().public_bytes_raw() == u.to_bytes(32, "little")


def test_a_payment_is_eight_groups_of_five() -> None:
    assert [len(group) for group in code_of().split("-")] == [5] * 8


@given(
    amount_fen=st.integers(1, 2_000_000),
    serial=st.integers(1, 2**30),
    minutes=st.one_of(st.just(0), st.integers(1, 2**26)),
    place=st.sampled_from(PLACES),
)
def test_what_was_written_is_read_back_exactly(
    amount_fen: int, serial: int, minutes: int, place: Place
) -> None:
    amount = amount_fen * (10_000 if place.unit == "yuan" else 1)
    grant = Grant("p-x", place.account, place.bucket, place.unit, amount, minutes * 60_000, "note", serial)
    expected = msgspec.structs.replace(grant, grant=short_name(grant), note="")
    assert read(code_of(grant)) == expected
    assert short_name(expected) == short_name(grant), "a grant that came by a code keeps its name"


@pytest.mark.parametrize("spoil", [str.lower, lambda c: c.replace("-", " "), lambda c: c.replace("-", ""),
                                   lambda c: c.replace("0", "o").replace("1", "l"), lambda c: f"  {c}\n"])  # fmt: skip
def test_it_may_be_typed_as_people_type(spoil) -> None:
    assert isinstance(read(spoil(code_of())), Grant)


@given(st.integers(0, 39), st.sampled_from(ALPHABET))
def test_every_wrong_letter_is_named_by_its_group(place: int, letter: str) -> None:
    letters = code_of().replace("-", "")
    assume(letters[place] != letter)
    typed = letters[:place] + letter + letters[place + 1 :]
    assert read(typed) == Unfit(CodeRefusal.MISTYPED, (place // 5 + 1,))


@given(st.integers(0, 38))
def test_swapped_neighbours_are_noticed(place: int) -> None:
    letters = code_of().replace("-", "")
    assume(letters[place] != letters[place + 1])
    typed = letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
    found = read(typed)
    assert isinstance(found, Unfit)
    assert found.why is CodeRefusal.MISTYPED


@given(st.permutations(range(8)))
def test_groups_in_another_order_are_noticed(order: list[int]) -> None:
    groups = code_of().split("-")
    assume([groups[place] for place in order] != groups)
    found = read("-".join(groups[place] for place in order))
    assert isinstance(found, Unfit)
    assert found.why is CodeRefusal.MISTYPED


def test_a_code_is_for_one_building_one_key_and_places_that_are_known() -> None:
    assert read(code_of(), gateway="b2") == Unfit(CodeRefusal.WRONG_BUILDING)
    assert read(code_of(), keys=(b"\0" * 32,)) == Unfit(CodeRefusal.CODE_DOES_NOT_FIT)
    assert isinstance(read(code_of(), keys=(b"\0" * 32, KEY)), Grant), "central's key is being changed"
    elsewhere = msgspec.structs.replace(GRANT, account="b1-999")
    assert read(code_of(elsewhere)) == Unfit(CodeRefusal.CODE_DOES_NOT_FIT)


@pytest.mark.parametrize("part", [1, 2, 5, 8])
def test_no_part_can_be_changed_even_with_good_check_letters(part: int) -> None:
    """Whoever knows how the groups are checked still lacks the key."""
    raw = bytearray(ungrouped(code_of()))
    raw[part] ^= 1
    found = read(grouped(bytes(raw)))
    assert isinstance(found, Unfit)
    assert found.why in (CodeRefusal.CODE_DOES_NOT_FIT, CodeRefusal.NOT_A_CODE)


@pytest.mark.parametrize(
    "changes", [{"serial": 0}, {"amount": 30_000_001}, {"expires_ms": 1}, {"amount": 0}], ids=str
)
def test_what_no_code_can_say_has_none(changes: dict[str, int]) -> None:
    assert write_code(KEY, "b1", msgspec.structs.replace(GRANT, **changes)) is None


@given(st.one_of(st.text(max_size=80), st.text(alphabet=ALPHABET + "-oil ", max_size=80)))
def test_anything_may_be_typed(text: str) -> None:
    assert isinstance(read(text), Unfit)
    looks_like_code(text)


@given(st.integers(1, 9), st.data())
def test_bytes_behind_good_check_letters_are_never_believed_or_raised(
    blocks: int, data: st.DataObject
) -> None:
    from gateway.contract import voucher_code

    raw = data.draw(st.binary(min_size=blocks * 5, max_size=blocks * 5))
    aimed = voucher_code._building_tag("b1") + raw[1:]
    assert isinstance(read(grouped(aimed)), Unfit)


def test_places_differ_by_every_part() -> None:
    """What a code is proved by covers account, bucket and unit, each by itself."""
    mine = Place("b1-301", "paid", "yuan")
    for other in (
        replace(mine, account="b1-302"),
        replace(mine, bucket="subsidy"),
        replace(mine, unit="kwh"),
    ):
        assert read_code(code_of(), [KEY], "b1", [other]) == Unfit(CodeRefusal.CODE_DOES_NOT_FIT)
