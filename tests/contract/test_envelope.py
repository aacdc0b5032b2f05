"""The envelope under attack: whatever is changed, swapped, replayed or cut is refused by name, and nothing raises (R-G5)."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.commands import CENTRAL, Ack, Grant, ReadNow, decode_command, encode_command
from gateway.contract.envelope import (
    MAX_BYTES,
    Keyring,
    KeySigner,
    Refusal,
    Sealed,
    body_of,
    key_id_of,
    keyring_from_hex,
    seal,
    unseal,
)


def signer_of(seed: bytes) -> KeySigner:
    private_key = Ed25519PrivateKey.from_private_bytes(seed * 32)
    return KeySigner(key_id_of(private_key.public_key()), private_key)


def ring(*signers: KeySigner) -> Keyring:
    return keyring_from_hex([one.private_key.public_key().public_bytes_raw().hex() for one in signers])


ACTIVE, NEXT, STRANGER = signer_of(b"a"), signer_of(b"n"), signer_of(b"s")
TRUSTED = ring(ACTIVE, NEXT)
GRANT = Grant("g1", "b1-301", "paid", "yuan", 1_000_000)


def sealed_by(signer: KeySigner = ACTIVE, **changes: object) -> bytes:
    fields = {
        "kind": "down", "sender": CENTRAL, "recipient": "b1", "message_id": "c1", "issued_ms": 5, "number": 7,
        "body": encode_command(GRANT),
    }  # fmt: skip
    return seal(signer, **{**fields, **changes})


def opened(data: bytes, **changes: object) -> Sealed | Refusal:
    return unseal(data, TRUSTED, **{"kind": "down", "sender": CENTRAL, "recipient": "b1", **changes})


def signed_text(text: bytes, signer: KeySigner = ACTIVE) -> bytes:
    return text + b"\n" + signer.key_id.encode() + b" " + signer.sign(text).hex().encode()


@pytest.mark.parametrize("signer", [ACTIVE, NEXT])
def test_what_was_sealed_opens_by_either_key(signer: KeySigner) -> None:
    message = opened(sealed_by(signer, expires_ms=9))
    assert isinstance(message, Sealed)
    assert (message.id, message.number, message.issued_ms, message.expires_ms) == ("c1", 7, 5, 9)
    assert body_of(message, Grant) == GRANT
    assert decode_command(bytes(message.body)) == GRANT


def test_every_changed_byte_is_refused() -> None:
    """Also the case of a hex digit of the signature: no envelope can be written in two ways."""
    data = sealed_by()
    for position in range(len(data)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            changed = bytearray(data)
            changed[position] ^= flip
            assert isinstance(opened(bytes(changed)), Refusal), (position, flip)


def test_a_changed_first_line_is_forged_and_nothing_else() -> None:
    data = sealed_by()
    for position in range(data.index(b"\n")):
        changed = bytearray(data)
        changed[position] ^= 0x01
        if changed[position] != 0x0A:
            assert opened(bytes(changed)) is Refusal.FORGED


def test_every_cut_and_every_addition_is_refused() -> None:
    data = sealed_by()
    for length in range(len(data)):
        assert isinstance(opened(data[:length]), Refusal)
    for addition in (b"00", b" 00", b"\nx", b"\x00", b"\n", b" ", b"\r\n", b"\t"):
        assert isinstance(opened(data + addition), Refusal)
        assert isinstance(opened(addition + data), Refusal)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", Refusal.MALFORMED),
        (b"\n", Refusal.MALFORMED),
        (b"{}\nnot-hex zz", Refusal.MALFORMED),
        (b"{}\n\xff\xff 00", Refusal.MALFORMED),
        pytest.param(b"x" * (MAX_BYTES + 1), Refusal.TOO_LONG, id="too-long"),
        (sealed_by(STRANGER), Refusal.UNKNOWN_KEY),
        (signed_text(b"[]"), Refusal.MALFORMED),
        (signed_text(b"{}"), Refusal.MALFORMED),
        (signed_text(b"\xff"), Refusal.MALFORMED),
        pytest.param(signed_text(b"[" * 100_000), Refusal.MALFORMED, id="deep"),
        (signed_text(sealed_by().split(b"\n")[0].replace(b'"v":1', b'"v":2')), Refusal.UNSUPPORTED_VERSION),
        (signed_text(sealed_by().split(b"\n")[0], NEXT), Refusal.MALFORMED),
        (signed_text(sealed_by().split(b"\n")[0], STRANGER), Refusal.UNKNOWN_KEY),
    ],
)
def test_each_damage_has_its_name(data: bytes, refusal: Refusal) -> None:
    assert opened(data) is refusal


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"kind": "ack"}, Refusal.WRONG_KIND),
        ({"kind": "voucher"}, Refusal.WRONG_KIND),
        ({"sender": "b2"}, Refusal.WRONG_SENDER),
        ({"recipient": "b2"}, Refusal.WRONG_RECIPIENT),
        ({"recipient": "b1 "}, Refusal.WRONG_RECIPIENT),
    ],
)
def test_a_good_envelope_in_the_wrong_place_is_refused(changes: dict[str, object], refusal: Refusal) -> None:
    assert opened(sealed_by(**changes)) is refusal
    assert opened(sealed_by(), **changes) is refusal


def test_any_sender_is_accepted_where_the_key_says_who_it_is() -> None:
    assert isinstance(opened(sealed_by(sender="b9"), sender=None), Sealed)


def test_signatures_can_not_be_exchanged_between_messages() -> None:
    first, second = sealed_by(number=7), sealed_by(number=8)
    assert opened(first.split(b"\n")[0] + b"\n" + second.split(b"\n")[1]) is Refusal.FORGED


def test_fields_of_a_newer_peer_are_tolerated() -> None:
    text = sealed_by().split(b"\n")[0].replace(b'"v":1', b'"v":1,"priority":"high"')
    message = opened(signed_text(text.replace(b'"grant":"g1"', b'"grant":"g1","colour":"red"')))
    assert isinstance(message, Sealed)
    assert decode_command(bytes(message.body)) == GRANT


def test_a_body_of_another_type_is_malformed() -> None:
    message = opened(sealed_by())
    assert isinstance(message, Sealed)
    assert body_of(message, Ack) is Refusal.MALFORMED
    assert body_of(message, ReadNow) is Refusal.MALFORMED


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(opened(data), Refusal)
    assert isinstance(opened(signed_text(data.replace(b"\n", b" "))), Refusal)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(), st.lists, max_leaves=5
    )
)
def test_no_signed_value_raises(value: object) -> None:
    fields = dict.fromkeys(
        ("v", "kind", "from", "to", "id", "number", "issued_ms", "key", "body", "expires_ms"), value
    )
    assert isinstance(opened(signed_text(msgspec.json.encode(fields))), Refusal)


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33])
def test_a_key_that_is_none_names_itself(text: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        keyring_from_hex([text])
