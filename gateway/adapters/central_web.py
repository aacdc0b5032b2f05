"""Asks central's web: one POST, one answer, or a name for what went wrong. Knows no code, no key and no sentence for people.

TLS keeps listeners out; who central is, is proved by what it says: by the enrolment code's MAC, later by its signature. So an
untrusted certificate is told, and may be passed over by the caller.
"""

import socket
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from http.client import HTTPException
from typing import IO

import msgspec

TIMEOUT_S = 20.0
MOST_BYTES = 4_000_000
NOT_YET_VALID, EXPIRED = 9, 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL: as likely our clock as the certificate."""
MOVED = (301, 302, 307, 308)


class WebTrouble(StrEnum):
    """Why there is no answer of central."""

    NO_SUCH_HOST = "no-such-host"
    NO_NETWORK = "no-network"
    NOBODY_LISTENS = "nobody-listens"
    NO_ANSWER = "no-answer"
    NOT_TLS = "not-tls"
    """Something listens there that doesn't speak TLS."""
    TLS_NOT_TRUSTED = "tls-not-trusted"
    TLS_DATES = "tls-dates"
    NOT_CENTRAL = "not-central"
    """It answers, and is no central that enrols gateways."""
    CENTRAL_FAILED = "central-failed"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """What went wrong, with the system's own words."""

    trouble: WebTrouble
    detail: str
    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Central answered, and refused by name."""

    refusal: str


class Refusing(msgspec.Struct):
    """The body of a refusal."""

    refusal: str


def post(
    url: str, body: bytes, *, trust_any: bool = False, timeout_s: float = TIMEOUT_S
) -> bytes | NoAnswer | Refused:
    """Post a body and give the answer's. `trust_any`: the certificate of the server is not looked at."""
    answer = _post(url, body, trust_any, timeout_s)
    if isinstance(answer, Moved):
        again = _post(answer.to, body, trust_any, timeout_s)
        return (
            NoAnswer(WebTrouble.NOT_CENTRAL, f"it sends on to {again.to}", url)
            if isinstance(again, Moved)
            else again
        )
    return answer


@dataclass(frozen=True, slots=True)
class Moved:
    """The server says that it is elsewhere: mostly behind https."""

    to: str


def _post(url: str, body: bytes, trust_any: bool, timeout_s: float) -> bytes | NoAnswer | Refused | Moved:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310  (checked)
    opener = urllib.request.build_opener(_StayHere, urllib.request.HTTPSHandler(context=_context(trust_any)))
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            return bytes(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        return _refusal(error, url)
    except (OSError, ValueError, urllib.error.URLError) as error:
        return _no_answer(error, url)
    except HTTPException as error:  # a server that speaks something else
        return NoAnswer(WebTrouble.NOT_CENTRAL, f"{type(error).__name__}: {error}", url)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET: told to the caller instead."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _context(trust_any: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trust_any:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(error: urllib.error.HTTPError, url: str) -> NoAnswer | Refused | Moved:
    with error:
        place = error.headers.get("Location", "")
        if error.code in MOVED and place.startswith(("http://", "https://")):
            return Moved(place)
        try:
            return Refused(msgspec.json.decode(error.read(MOST_BYTES), type=Refusing).refusal)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError):
            trouble = WebTrouble.CENTRAL_FAILED if error.code >= 500 else WebTrouble.NOT_CENTRAL
            return NoAnswer(trouble, f"HTTP {error.code}", url)


def _no_answer(error: Exception, url: str) -> NoAnswer:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NoAnswer(_trouble(reason), reason.verify_message, url)
    return NoAnswer(_trouble(reason), getattr(reason, "strerror", None) or str(reason), url)


def _trouble(reason: object) -> WebTrouble:
    match reason:
        case ssl.SSLCertVerificationError(verify_code=code):
            return WebTrouble.TLS_DATES if code in (NOT_YET_VALID, EXPIRED) else WebTrouble.TLS_NOT_TRUSTED
        case ssl.SSLError():
            return WebTrouble.NOT_TLS
        case socket.gaierror():
            return WebTrouble.NO_SUCH_HOST
        case ConnectionRefusedError():
            return WebTrouble.NOBODY_LISTENS
        case TimeoutError():
            return WebTrouble.NO_ANSWER
        case ConnectionError():  # taken, and dropped without a word of HTTP: mostly another server's port
            return WebTrouble.NOT_CENTRAL
        case OSError():
            return WebTrouble.NO_NETWORK
        case _:
            return WebTrouble.NOT_CENTRAL
