"""The record of one module or meter on the bench: goods-in or repair. Written by `cardroom-firmware bench`, taken in by central.

A file is JSON: `record` with the content, `sha256` over it, and a signature where the bench has a key. The hash is over the
content's canonical form (keys sorted, no spaces, UTF-8), so that a file may be looked at and printed, but not changed unnoticed.
Numbers are integers; a float is refused, because two programs write it in two ways. Unknown fields are kept and hashed.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VERSION = 1
MAX_BYTES = 256_000
MAX_DEPTH = 6
DOMAIN = b"cardroom-bench-1\0"
LATEST_MS = 4_102_444_800_000
"""The year 2100: beyond it an instant is a mistake."""


class Verdict(StrEnum):
    """What a test, or the whole bench, came to."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    """Measured, but too coarsely to tell."""
    SKIPPED = "skipped"


class Occasion(StrEnum):
    """Why it lies on the bench (R-4.3.1, R-4.3.3b)."""

    GOODS_IN = "goods-in"
    REPAIR = "repair"


class BenchTest(msgspec.Struct, frozen=True):
    """One test. `measured` holds integers and texts with their unit in the name (`error_milli_percent`)."""

    name: str
    verdict: Verdict
    reason: str = ""
    """A stable word for why it failed or was left out."""
    measured: dict[str, int | str] = msgspec.field(default_factory=dict)


class BenchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One device on the bench, once."""

    v: int
    id: str
    """32 hex digits, made by the bench: the same file again is EXISTS."""
    occasion: Occasion
    at_ms: int
    """The bench machine's clock at the end, UTC."""
    verdict: Verdict
    """FAILED if any test failed, UNDECIDED if any is, else PASSED."""
    model: str
    maker: str = ""
    identity: str = ""
    """What the device says of itself: meter number, or serial number."""
    address: str = ""
    order: str = ""
    """Number of the order or work order that it belongs to."""
    tester: str = ""
    software: str = ""
    tests: tuple[BenchTest, ...] = ()


class RecordRefusal(StrEnum):
    """Why a file is no record."""

    TOO_LONG = "too-long"
    NOT_JSON = "not-json"
    MALFORMED = "malformed"
    UNSUPPORTED_VERSION = "unsupported-version"
    CHANGED = "changed"
    """The content is not what the hash was made over."""
    UNKNOWN_KEY = "unknown-key"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record whose hash is right. `signer` is the key that signed it, hex; empty when it isn't signed."""

    record: BenchRecord
    content: str
    """The canonical form, all fields."""
    sha256: str
    signer: str


def overall(tests: tuple[BenchTest, ...]) -> Verdict:
    """Give the verdict of the whole: the worst of the tests that were made; SKIPPED when none was."""
    found = {test.verdict for test in tests}
    for verdict in (Verdict.FAILED, Verdict.UNDECIDED, Verdict.PASSED):
        if verdict in found:
            return verdict
    return Verdict.SKIPPED


def write_record(record: BenchRecord, key: Ed25519PrivateKey | None = None) -> bytes:
    """Give the file of a record, signed if there is a key."""
    plain = msgspec.to_builtins(record)
    content = canonical(plain)
    document: dict[str, Any] = {"record": plain, "sha256": hashlib.sha256(content).hexdigest()}
    if key is not None:
        document["key"] = key.public_key().public_bytes_raw().hex()
        document["signature"] = key.sign(DOMAIN + content).hex()
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read_record(file: bytes, trusted: frozenset[str] = frozenset()) -> OpenedRecord | RecordRefusal:
    """Open a file; `trusted` are public keys in hex: with any, a record must be signed by one. Never raises on any input."""
    if len(file) > MAX_BYTES:
        return RecordRefusal.TOO_LONG
    document = _json(file)
    if isinstance(document, RecordRefusal):
        return document
    plain = document.get("record")
    if not isinstance(plain, dict) or not _is_plain(plain, MAX_DEPTH):
        return RecordRefusal.MALFORMED
    content = canonical(plain)
    digest = hashlib.sha256(content).hexdigest()
    if document.get("sha256") != digest:
        return RecordRefusal.CHANGED
    record = _record(plain)
    if isinstance(record, RecordRefusal):
        return record
    signer = _signer(document, content, trusted)
    return (
        signer
        if isinstance(signer, RecordRefusal)
        else OpenedRecord(record, content.decode(), digest, signer)
    )


def canonical(plain: dict[str, Any]) -> bytes:
    """Give the bytes that are hashed and signed."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _json(file: bytes) -> dict[str, Any] | RecordRefusal:
    try:
        document = json.loads(file.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return RecordRefusal.NOT_JSON
    return document if isinstance(document, dict) else RecordRefusal.MALFORMED


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: two readers would read two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _is_plain(value: object, depth: int) -> bool:
    """Tell whether a value is made of texts, 63-bit integers, booleans, lists and tables, not too deep."""
    if depth == 0:
        return False
    if isinstance(value, dict):
        return all(_is_text(key) and _is_plain(one, depth - 1) for key, one in value.items())
    if isinstance(value, list):
        return all(_is_plain(one, depth - 1) for one in value)
    if isinstance(value, str):
        return _is_text(value)
    return value is None or (isinstance(value, int) and abs(value) < 1 << 63)


def _is_text(text: str) -> bool:
    """A lone surrogate has no UTF-8, and no database takes NUL."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _record(plain: dict[str, Any]) -> BenchRecord | RecordRefusal:
    if plain.get("v") != VERSION:
        return (
            RecordRefusal.UNSUPPORTED_VERSION if isinstance(plain.get("v"), int) else RecordRefusal.MALFORMED
        )
    try:
        record = msgspec.convert(plain, BenchRecord)
    except (msgspec.ValidationError, RecursionError):
        return RecordRefusal.MALFORMED
    sound = (
        len(record.id) == 32
        and set(record.id) <= set("0123456789abcdef")
        and 0 < record.at_ms < LATEST_MS
        and record.verdict is overall(record.tests)
        and all(len(text) <= 80 for text in _texts(record))
        and 0 < len(record.tests) <= 50
    )
    return record if sound else RecordRefusal.MALFORMED


def _texts(record: BenchRecord) -> tuple[str, ...]:
    names = tuple(test.name for test in record.tests)
    return (record.model, record.maker, record.identity, record.address, record.order, record.tester, *names)


def _signer(document: dict[str, Any], content: bytes, trusted: frozenset[str]) -> str | RecordRefusal:
    key, signature = document.get("key", ""), document.get("signature", "")
    if not key and not signature:
        return RecordRefusal.UNKNOWN_KEY if trusted else ""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), DOMAIN + content)
    except (ValueError, TypeError, InvalidSignature):
        return RecordRefusal.FORGED
    return RecordRefusal.UNKNOWN_KEY if trusted and key.lower() not in trusted else str(key).lower()
