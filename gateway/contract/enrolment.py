"""How a gateway and central prove each other by a building's enrolment code, which never travels (R-G6).

A code is 16 characters in groups of four, such as `K7QF-2M9D-XX4P-8HJ3`: fifteen letters of five bits, and one that checks them.
The first four are its name, which is no secret; the rest is 55 bits. Both sides derive one key of it, slowly, so that nobody who
recorded an enrolment finds the code by trying all of them, and put an HMAC under what they say: so the request is taken over plain
HTTP, too, and a gateway knows that it speaks with the central that made the code.

The same file answers renewals: those are envelopes, signed by the gateway's own key (`gateway.contract.envelope`).
"""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import pbkdf2_hmac
from hmac import compare_digest, digest
from typing import Any

import msgspec

from gateway.contract.checked_groups import ALPHABET, VALUES, check_sum, is_of_letters, plain

ENROL_PATH = "/gateways/enrol/"
RENEW_PATH = "/gateways/renew/"
RENEW = "renew"
"""Kind of the envelope by which a gateway asks for its next certificate."""
CERTIFICATE = "certificate"
"""Kind of the envelope that brings it."""
MOST_BYTES = 16_384
"""Of a request; an answer may hold a registry, and is as long as that."""
LETTERS = 16
GROUP = 4
NAME_LETTERS = 4
CODE_BYTES = 10
"""75 bits and five zero bits before them."""
SALT = b"cardroom-enrol-1"
ROUNDS = 200_000
"""A tenth of a second here, half of one on a Pi; for all codes of one name, longer than anybody has."""
NONCE_BYTES = 16


class EnrolRefusal(StrEnum):
    """Why central enrols nobody, or renews nothing. The first that applies, in this order."""

    TOO_MANY = "too-many"
    """Wrong tries; wait, then look at the code again."""
    BAD_REQUEST = "bad-request"
    NO_CA = "no-ca"
    """Central has no certificate authority yet."""
    UNKNOWN_CODE = "unknown-code"
    CODE_NOT_OPEN = "code-not-open"
    BAD_MAC = "bad-mac"
    """Mistyped, or another central's code."""
    REVOKED_KEY = "revoked-key"
    """This key was revoked or replaced before: a card may have been copied. Make new keys, and ask again."""
    GATEWAY_IS_ALIVE = "gateway-is-alive"
    """The building's gateway was heard within the hour: an administrator must approve its replacement."""
    UNKNOWN_GATEWAY = "unknown-gateway"
    """Renewal: this central knows no gateway by this key; it was revoked or replaced."""


class SealedText(msgspec.Struct, frozen=True):
    """What travels to central: a body as text, and its HMAC under the code's key."""

    name: str
    body: str
    mac: str


class SealedAnswer(msgspec.Struct, frozen=True):
    """What travels back."""

    body: str
    mac: str


class EnrolRequest(msgspec.Struct, frozen=True):
    """Who asks: a new key, and the request for a TLS certificate, which the new key signed."""

    public_key: str
    """Ed25519, 64 hex digits."""
    csr: str
    """PEM; EC P-256. Its subject is central's to decide."""
    nonce: str
    """16 random bytes in hex."""
    signature_over_csr: str
    """Ed25519 over the DER of the CSR, in hex."""
    software: str = ""


class BrokerPlace(msgspec.Struct, frozen=True):
    """Where the broker is, by TLS."""

    host: str
    port: int


class EnrolAnswer(msgspec.Struct, frozen=True):
    """Everything a blank card needs to be this building's gateway."""

    gateway: str
    building: str
    building_name: str
    central_keys: list[str]
    """The active key, and the next one where it is prepared."""
    approver_keys: list[str]
    ca: str
    certificate: str
    broker: BrokerPlace
    central_ms: int
    had_gateway: bool
    """It had one before: setting up begins anew, and central gives its books to a new epoch."""
    registry: dict[str, list[dict[str, Any]]] | None = None
    """`lines` and `meters` as the gateway before had them; null where none was ever told."""
    is_same: bool = False
    """The gateway that it had is this very card, by its own key: nothing is replaced. An older central never says so."""


class RenewRequest(msgspec.Struct, frozen=True):
    """Body of a `renew` envelope."""

    csr: str


class RenewAnswer(msgspec.Struct, frozen=True):
    """Body of a `certificate` envelope."""

    certificate: str
    ca: str
    central_keys: list[str]


def read_enrolment_code(typed: str) -> str | None:
    """Give a code's 16 letters without groups as they were meant; None for what is no code, or mistyped."""
    letters = plain(typed[:200])
    if len(letters) != LETTERS or not is_of_letters(letters):
        return None
    return letters if letters[-1] == _check_letter(letters[:-1]) else None


def write_enrolment_code(values: Sequence[int]) -> str:
    """Give the 16 letters of fifteen random numbers from 0 to 31."""
    letters = "".join(ALPHABET[value] for value in values)
    return letters + _check_letter(letters)


def grouped(letters: str) -> str:
    """Give a code as it is printed: `K7QF-2M9D-XX4P-8HJ3`."""
    return "-".join(letters[first : first + GROUP] for first in range(0, len(letters), GROUP))


def name_of(letters: str) -> str:
    """Give a code's public name, its first four letters."""
    return letters[:NAME_LETTERS]


def enrolment_key(letters: str) -> bytes:
    """Give the 32 bytes that both sides prove: PBKDF2-HMAC-SHA256 of the code's 75 bits, highest first in ten bytes; salted with
    its name, too."""
    number = 0
    for letter in letters[: LETTERS - 1]:
        number = number << 5 | VALUES[letter]
    return pbkdf2_hmac("sha256", number.to_bytes(CODE_BYTES, "big"), SALT + name_of(letters).encode(), ROUNDS)


def request_mac(key: bytes, body: str) -> str:
    """Give the HMAC of a request's body in hex."""
    return digest(key, body.encode(), "sha256").hex()


def answer_mac(key: bytes, nonce: str, body: str) -> str:
    """Give the HMAC of an answer's body in hex: it is the answer to this very request."""
    return digest(key, b"answer:" + nonce.encode() + body.encode(), "sha256").hex()


def is_proved(mac: str, expected: str) -> bool:
    """Compare two HMACs in constant time; what isn't hex is wrong, too."""
    return compare_digest(mac.encode(), expected.encode())


def _check_letter(letters: str) -> str:
    """The last letter of a code: a sum in which every wrong letter and every two swapped ones show."""
    return ALPHABET[check_sum(VALUES[letter] for letter in letters)]
