"""The signed image: each of its bytes counts, and what is no image is refused by name (docs/firmware-image.md)."""

import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_tools.image.signed_image import (
    DOMAIN,
    HEADER_BYTES,
    PAYLOAD_AT,
    ImageRefusal,
    Manner,
    SignedImage,
    read_image,
    sign,
    signed_by,
)
from firmware_tools.image.versions import ANY, Version, said_version, typed_version
from firmware_tools.virtual_module.stored_image import Fault, Maker, fault_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
IMAGE = sign(
    b"firmware of a module",
    KEY,
    product="relay-6c",
    hardware=3,
    version=Version(1, 4, 0),
    minimum=Version(1, 1, 2),
    load_address=0x0800_4000,
)


def test_the_header_lies_as_the_page_says() -> None:
    raw = IMAGE.raw
    assert raw[:8].hex() == "89435246570d0a1a"
    assert raw[8:12] == bytes((0, 1, 0, 128))
    assert raw[12:24] == b"relay-6c\0\0\0\0"
    assert raw[24:38] == bytes.fromhex("0003000100040000000100010002")
    assert raw[38:48] == bytes.fromhex("00010800400000000014")
    assert raw[48:80] == hashlib.sha256(raw[192:]).digest()
    assert raw[80:96] == hashlib.sha256(PUBLIC.public_bytes_raw()).digest()[:16]
    assert raw[96:128] == bytes(32)
    PUBLIC.verify(raw[128:192], b"cardroom-firmware-1\0" + raw[:128])
    assert fault_of(raw, Maker("relay-6c", 3, PUBLIC.public_bytes_raw())) is Fault.NONE


def test_any_changed_bit_is_refused() -> None:
    raw = IMAGE.raw
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1 << place % 8]) + raw[place + 1 :]
        found = read_image(changed)
        refusal = signed_by(found, [PUBLIC]) if isinstance(found, SignedImage) else found
        assert isinstance(refusal, ImageRefusal), place


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", ImageRefusal.NOT_SIGNED),
        (b"MZ" * 200, ImageRefusal.NOT_SIGNED),
        (IMAGE.raw.replace(b"\r\n", b"\n", 1), ImageRefusal.TEXT_DAMAGED),
        (IMAGE.raw[:100], ImageRefusal.WRONG_SIZE),
        (IMAGE.raw[:-1], ImageRefusal.WRONG_SIZE),
        (IMAGE.raw + b"\0", ImageRefusal.WRONG_SIZE),
        (IMAGE.raw[:8] + b"\0\2" + IMAGE.raw[10:], ImageRefusal.UNKNOWN_FORMAT),
        (IMAGE.raw[:44] + b"\xff" * 4 + IMAGE.raw[48:], ImageRefusal.BAD_HEADER),
        (IMAGE.raw[:12] + bytes(12) + IMAGE.raw[24:], ImageRefusal.BAD_HEADER),
        (IMAGE.raw[:12] + b"re\0lay" + bytes(6) + IMAGE.raw[24:], ImageRefusal.BAD_HEADER),
        (IMAGE.raw[:-1] + b"X", ImageRefusal.WRONG_HASH),
    ],
)
def test_what_is_no_whole_image_is_refused_by_name(content: bytes, refusal: ImageRefusal) -> None:
    assert read_image(content) is refusal


def test_a_stranger_s_key_and_a_false_signature_are_told_apart() -> None:
    stranger = Ed25519PrivateKey.generate()
    assert signed_by(IMAGE, [stranger.public_key()]) is ImageRefusal.UNKNOWN_KEY
    assert signed_by(IMAGE, []) is ImageRefusal.UNKNOWN_KEY
    forged = SignedImage(IMAGE.header, stranger.sign(DOMAIN + IMAGE.header.packed()), IMAGE.payload)
    assert signed_by(forged, [stranger.public_key(), PUBLIC]) is ImageRefusal.FORGED


TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
NUMBERS = st.integers(0, 0xFFFF)
VERSIONS = st.builds(Version, NUMBERS, NUMBERS, NUMBERS)


@given(st.binary(min_size=1, max_size=300), TEXTS, NUMBERS, VERSIONS, VERSIONS, st.integers(0, 0xFFFF_FFFF))
@settings(max_examples=100, deadline=None)
def test_what_is_signed_is_read_again(
    payload: bytes, product: str, hardware: int, version: Version, minimum: Version, load: int
) -> None:
    made = sign(
        payload, KEY, product=product, hardware=hardware, version=version, minimum=minimum, load_address=load
    )
    assert read_image(made.raw) == made
    assert signed_by(made, [PUBLIC]) is None


def test_noise_behind_a_good_magic_never_raises() -> None:
    dice = random.Random(3)
    for _ in range(2_000):
        noise = IMAGE.raw[: dice.choice((8, 12, 24, 48))] + dice.randbytes(
            dice.randrange(HEADER_BYTES + PAYLOAD_AT)
        )
        assert isinstance(read_image(noise), ImageRefusal)


@pytest.mark.parametrize(
    ("payload", "product", "manner"),
    [
        (b"", "a", Manner.NUMBERED),
        (b"x", "a b", Manner.NUMBERED),
        (b"x", "电表", Manner.NUMBERED),
        (bytes(33), "a", Manner.AS_MADE),
    ],
)
def test_what_has_no_room_in_a_header_is_not_signed(payload: bytes, product: str, manner: Manner) -> None:
    with pytest.raises(ValueError, match=r"size|product|manner"):
        sign(payload, KEY, product=product, hardware=1, version=ANY, minimum=ANY, manner=manner)


def test_versions_are_numbers() -> None:
    assert typed_version("1.10.0") > typed_version("1.9.9")
    assert [typed_version(text) for text in ("1.4", "1.4.0x", "1.4.70000", "", "１.4.0", "-1.0.0")] == [
        None
    ] * 6
    assert said_version("v1.4") == said_version("1.4.0-rc2") == Version(1, 4, 0)
    assert said_version("unknown") is None
