"""Asks central to make this Pi a building's gateway: keys, request, proof by the code, and what comes back (R-G6)."""

import secrets
import unicodedata
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import msgspec

from gateway.adapters.central_web import NoAnswer, Refused, WebTrouble, post
from gateway.adapters.key_file import NoKey, load_or_create_key, public_key_hex
from gateway.adapters.tls_files import Request, certificate_request, fits, make_tls_key
from gateway.adapters.whole_file import own
from gateway.config.rules import WebAddress, Wrong
from gateway.contract.checked_groups import ALPHABET
from gateway.contract.enrolment import (
    ENROL_PATH,
    NONCE_BYTES,
    EnrolAnswer,
    EnrolRequest,
    SealedAnswer,
    SealedText,
    answer_mac,
    enrolment_key,
    is_proved,
    name_of,
    read_enrolment_code,
    request_mac,
)
from gateway.contract.envelope import KeySigner
from gateway.technician.findings import Finding, Level
from gateway.technician.setup.places import Places
from gateway.words import say

SCHEMES = ("https", "http")
FALLS_BACK = frozenset({WebTrouble.NOBODY_LISTENS, WebTrouble.NOT_TLS, WebTrouble.NO_ANSWER})
"""What an address without https looks like."""
TIMEOUT_S = 10.0
SECRET = 0o600
FORGIVEN = " -_.,OIL"


@dataclass(frozen=True, slots=True)
class Keys:
    """Both keys of a gateway, made once and kept whatever happens, and its request for a certificate."""

    signer: KeySigner
    request: Request


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Central's proved answer, and where it came from."""

    answer: EnrolAnswer
    url: str


def urls_of(typed: str) -> list[str] | None:
    """Give the addresses to try, best first, of what was typed: `cards`, `cards:8000`, `https://cards/`; None for no address."""
    text = unicodedata.normalize("NFKC", typed).strip().rstrip("/")
    scheme, found, host = text.partition("://")
    wanted = [f"{scheme.lower()}://{host}"] if found else [f"{each}://{text}" for each in SCHEMES]
    read = [WebAddress().read(url, Path()) for url in wanted]
    return (
        [url for url in read if isinstance(url, str)] if not any(isinstance(u, Wrong) for u in read) else None
    )


def code_of(typed: str) -> str | Finding:
    """Give a code's 16 letters, or say what is wrong with what was typed, before anything is sent."""
    text = unicodedata.normalize("NFKC", typed)
    letters = read_enrolment_code(text)
    return letters if letters is not None else Finding("code", Level.BAD, *_mistyped(text))


def _mistyped(text: str) -> tuple[str, str, str, str]:
    compare = say(
        "Compare it with central's page “Enrolment and certificates”, group by group, and type it again."
    )
    plain = [
        letter
        for letter in text.upper()
        if letter.isalnum() or (letter not in FORGIVEN and not letter.isspace())
    ]
    strange = next((letter for letter in plain if letter not in ALPHABET and letter not in FORGIVEN), None)
    if strange is not None:
        why = say("{letter} is in no code.", letter=strange)
        return "code-mistyped", say("That is no enrolment code."), why, compare
    if len(plain) != 16:
        why = say("It has 16 characters; {count} were typed.", count=len(plain))
        return "code-mistyped", say("That is no enrolment code."), why, compare
    why = say("The last character checks the others, and they don't fit together.")
    return "code-mistyped", say("A character of the code is mistyped."), why, compare


def make_keys(places: Places) -> Keys | Finding:
    """Make both keys where they are missing: on the card before anything is sent, so that the same again goes on."""
    signer = load_or_create_key(places.key)
    if isinstance(signer, NoKey):
        return _no_key(signer.message)
    try:
        own(places.key, SECRET)
        make_tls_key(places.tls_key)
    except OSError as error:
        return _no_key(f"{places.tls_key}: {error.strerror}")
    request = certificate_request(places.tls_key, "gateway")
    assert request is not None, "just made"
    return Keys(signer, request)


def _no_key(detail: str) -> Finding:
    next_step = say("Free some room, or take another card, and try again.")
    return Finding(
        "keys", Level.BAD, "no-key", say("The keys of this gateway can't be made."), detail, next_step
    )


def enrol(
    letters: str, url: str, keys: Keys, tls_key: Path, *, trust_any: bool
) -> Enrolled | NoAnswer | Refused:
    """Ask once. An answer that doesn't prove itself by the code is none of central's."""
    key, nonce = enrolment_key(letters), secrets.token_hex(NONCE_BYTES)
    said = EnrolRequest(
        public_key=public_key_hex(keys.signer),
        csr=keys.request.pem,
        nonce=nonce,
        signature_over_csr=keys.signer.sign(keys.request.der).hex(),
        software=version("cardroom"),
    )
    body = msgspec.json.encode(said).decode()
    sent = msgspec.json.encode(SealedText(name_of(letters), body, request_mac(key, body)))
    came = post(url + ENROL_PATH, sent, trust_any=trust_any, timeout_s=TIMEOUT_S)
    if isinstance(came, NoAnswer):
        return replace(came, url=url)
    if isinstance(came, Refused):
        return came
    answer = _proved(came, key, nonce)
    if answer is None or not fits(answer.certificate, tls_key):
        return NoAnswer(WebTrouble.NOT_CENTRAL, say("its answer is not proved by the code"), url)
    return Enrolled(answer, url)


def _proved(came: bytes, key: bytes, nonce: str) -> EnrolAnswer | None:
    try:
        sealed = msgspec.json.decode(came, type=SealedAnswer)
        if not is_proved(sealed.mac, answer_mac(key, nonce, sealed.body)):
            return None
        return msgspec.json.decode(sealed.body, type=EnrolAnswer)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def falls_back(answer: NoAnswer) -> bool:
    """Say whether the next address may be tried after this one."""
    return answer.trouble in FALLS_BACK
