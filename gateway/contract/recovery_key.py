"""The recovery key: 160 random bits on paper, as letters and as words, from which the private key of all backups is made (R-G2).

The gateway keeps the public half only. It writes backups with it, unattended, and can't read a single one of them; whoever has the
paper can. Making the seed is the caller's business: nothing here is random.
"""

from dataclasses import dataclass
from hashlib import sha256
from hmac import digest

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.contract.checked_groups import GROUP_DATA, NoGroups, grouped, ungrouped
from gateway.contract.recovery_words import WORDS

SEED_BYTES = 20
GROUPS = SEED_BYTES * 8 // 5 // GROUP_DATA
TOLD_LETTERS = 3
"""A word's first letters are enough."""
PUBLIC_NAME = "backup.pub"
WORDS_A_LINE = 7
_PLACES = {word[:TOLD_LETTERS]: place for place, word in enumerate(WORDS)}
_WORDS_TYPED = SEED_BYTES + 1


@dataclass(frozen=True, slots=True)
class Mistyped:
    """No recovery key: `groups` (or `words`) that are wrong, counted from 1; both empty: it is something else altogether."""

    groups: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    checksum: bool = False
    """Every word is one, but together they don't check: one of them is another word, or two were swapped."""


class PublicHalf(msgspec.Struct, frozen=True):
    """The file in the data folder. `name` is what stands on the paper, too."""

    version: int
    name: str
    public_key: str
    made_ms: int


@dataclass(frozen=True, slots=True)
class NoKeyYet:
    """There is no recovery key, or its file is no key."""

    damaged: bool = False


def letters_of(seed: bytes) -> str:
    """Give a seed in groups of five, the last letter of each its check."""
    return grouped(seed)


def words_of(seed: bytes) -> list[str]:
    """Give a seed as words, the last of them their check."""
    return [WORDS[byte] for byte in (*seed, _check(seed))]


def word_lines_of(seed: bytes) -> list[str]:
    """Give a seed as words in the lines of its paper."""
    words = words_of(seed)
    return [" ".join(words[first : first + WORDS_A_LINE]) for first in range(0, len(words), WORDS_A_LINE)]


def seed_of(text: str) -> bytes | Mistyped:
    """Read a recovery key as it was typed, in letters or in words."""
    typed = text.lower().split()
    if len(typed) > GROUPS and all(word.isalpha() for word in typed):
        return _from_words(typed)
    raw = ungrouped(text)
    if isinstance(raw, NoGroups):
        return Mistyped(groups=raw.mistyped)
    return raw if len(raw) == SEED_BYTES else Mistyped()


def seed_in(text: str) -> bytes | Mistyped:
    """Find the recovery key in a text. The paper's own is taken, too: the line that is a key counts, else the nearest to one."""
    found = [seed_of(line) for line in (text, *text.splitlines()) if line.strip()]
    slips = [one for one in found if isinstance(one, Mistyped) and (one.groups or one.words)]
    return next((one for one in found if not isinstance(one, Mistyped)), slips[0] if slips else Mistyped())


def _from_words(typed: list[str]) -> bytes | Mistyped:
    places = [_PLACES.get(word[:TOLD_LETTERS]) for word in typed]
    wrong = tuple(
        place
        for place, (word, found) in enumerate(zip(typed, places, strict=True), start=1)
        if found is None or not WORDS[found].startswith(word)
    )
    if wrong:
        return Mistyped(words=wrong)
    raw = bytes(place for place in places if place is not None)
    if len(raw) != _WORDS_TYPED:
        return Mistyped()
    return raw[:-1] if _check(raw[:-1]) == raw[-1] else Mistyped(checksum=True)


def _check(seed: bytes) -> int:
    return sha256(b"cardroom recovery words 1 " + seed).digest()[0]


def private_key_of(seed: bytes) -> X25519PrivateKey:
    """Make the private key of a seed."""
    return X25519PrivateKey.from_private_bytes(digest(seed, b"cardroom recovery key 1", "sha256"))


def name_of(public_key: X25519PublicKey) -> str:
    """Name a key by eight letters of its public half: written on the paper, and told by every backup."""
    return sha256(public_key.public_bytes_raw()).hexdigest()[:8].upper()


def public_text(public_key: X25519PublicKey, made_ms: int) -> str:
    """Write the public half as its file has it."""
    half = PublicHalf(1, name_of(public_key), public_key.public_bytes_raw().hex(), made_ms)
    return msgspec.json.encode(half).decode() + "\n"


def public_key_in(raw: bytes) -> X25519PublicKey | NoKeyYet:
    """Read the public half's file."""
    try:
        found = msgspec.json.decode(raw, type=PublicHalf)
        return X25519PublicKey.from_public_bytes(bytes.fromhex(found.public_key))
    except (msgspec.DecodeError, ValueError):
        return NoKeyYet(damaged=True)
