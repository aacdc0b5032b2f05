"""Central's signing keys change without a visit to any building, and the loss of the one that signs is survived (R-G5).

The next key is made ahead; its private half goes into one file, for the safe, and is kept nowhere else. Gateways are told of it by
a signed command, and say which keys they believe. What key a file holds decides; the rows only remember the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from central.ledger.operations import record_audit
from central.link import outbox
from central.link.models import Command, Gateway, SigningKey
from central.link.signing import SigningKeyMissing, former_file, hex_of, public_key_hex, read_private_key
from central.link.whole_files import write_new, write_whole
from gateway.contract.commands import MOST_KEYS, TrustKeys
from gateway.contract.envelope import KEY_ID
from gateway.contract.facts import CommandOutcome

TRUST_KEYS = "trust-keys"
NOT_AGAIN = (CommandOutcome.UNSUPPORTED.value, CommandOutcome.REFUSED.value)
"""Said of the same keys again, these answers would come again."""
State = SigningKey.State


class KeyRefusal(StrEnum):
    """Why the keys are as they were."""

    NEXT_EXISTS = "next-exists"
    FILE_EXISTS = "file-exists"
    UNREADABLE = "unreadable"
    """The file holds no key."""
    UNKNOWN_KEY = "unknown-key"
    RETIRED = "retired"
    SIGNS_ALREADY = "signs-already"
    NOT_LOST = "not-lost"
    """The key that signs is there: switch, don't recover."""
    NOT_EVERYBODY = "not-everybody"
    """Some gateways don't know it yet."""
    IN_USE = "in-use"
    """It signs, or gateways believe no other of ours."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with the gateways or the key it is about."""

    why: KeyRefusal
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayKeys:
    """Which of central's keys a gateway believes; empty where it doesn't say."""

    gateway: str
    believes: tuple[str, ...]


def believed_keys() -> list[str]:
    """Give the public keys that gateways are to believe: the one that signs, the next, then those that signed before."""
    active = public_key_hex()
    rows = dict(SigningKey.objects.exclude(state=State.RETIRED).values_list("public_key", "state"))
    rows.pop(active, None)
    return [active, *sorted(rows, key=lambda key: (rows[key] != State.NEXT, key))]


def keys_now(now_ms: int) -> list[SigningKey]:
    """Give all keys, the one that signs first; the rows follow the file. Raises SigningKeyMissing."""
    _follow_file(now_ms)
    order = {State.ACTIVE: 0, State.NEXT: 1, State.FORMER: 2, State.RETIRED: 3}
    return sorted(SigningKey.objects.all(), key=lambda row: (order[State(row.state)], -row.since_ms))


def gateways_now() -> list[GatewayKeys]:
    """Give what each gateway that was not revoked believes."""
    rows = Gateway.objects.exclude(public_key="").order_by("pk")
    return [GatewayKeys(row.pk, tuple(row.central_keys)) for row in rows]


def known(key_id: str) -> str | None:
    """Give the whole of a public key by its id, the first 16 digits or more; None for one that is not ours."""
    wanted = key_id.lower()
    keys = SigningKey.objects.values_list("public_key", flat=True)
    return next((key for key in keys if len(wanted) >= KEY_ID and key.startswith(wanted)), None)


def without_key(public_key: str) -> tuple[str, ...]:
    """Name the gateways that have not said that they believe a key."""
    return tuple(row.gateway for row in gateways_now() if public_key[:KEY_ID] not in row.believes)


def prepare(file: Path, *, again: bool, actor: str, now_ms: int) -> str | Refused:
    """Make the next key, its private half in a file of mode 0600, and tell all gateways; give its public half.

    `again` retires a next key whose file was lost. Raises OSError.
    """
    _follow_file(now_ms)
    former = SigningKey.objects.filter(state=State.NEXT).first()
    if former is not None and not again:
        return Refused(KeyRefusal.NEXT_EXISTS, (former.public_key[:KEY_ID],))
    made = Ed25519PrivateKey.generate()
    if not write_new(file, made.private_bytes_raw().hex() + "\n"):
        return Refused(KeyRefusal.FILE_EXISTS, (str(file),))
    public = hex_of(made)
    with transaction.atomic():
        SigningKey.objects.filter(state=State.NEXT).update(state=State.RETIRED, since_ms=now_ms)
        SigningKey.objects.create(public_key=public, state=State.NEXT, since_ms=now_ms)
        _note(actor, "prepare-signing-key", public, now_ms)
    tell_keys(now_ms)
    return public


def switch(file: Path, *, without: Sequence[str] = (), actor: str, now_ms: int) -> str | Refused:
    """Sign with the key of a file from now on; the one before stays believed until it is retired. Raises OSError."""
    _follow_file(now_ms)
    found = _key_of(file)
    if isinstance(found, Refused):
        return found
    public = hex_of(found)
    if public == public_key_hex():
        return Refused(KeyRefusal.SIGNS_ALREADY, (public[:KEY_ID],))
    missing = tuple(name for name in without_key(public) if name not in without)
    if missing:
        return Refused(KeyRefusal.NOT_EVERYBODY, missing)
    active = Path(settings.SIGNING_KEY_FILE)
    write_whole(former_file(public_key_hex()[:KEY_ID]), active.read_text("ascii"), mode=0o600)
    return _sign_with(found, "switch-signing-key", actor, now_ms)


def recover(file: Path, *, actor: str, now_ms: int) -> str | Refused:
    """Go on with the next key after the one that signed was lost, or another was made in its place that no gateway knows.

    Raises OSError.
    """
    try:
        here = public_key_hex()[:KEY_ID]
    except SigningKeyMissing:
        here = ""
    gateways = gateways_now()
    is_strange = bool(gateways) and all(one.believes and here not in one.believes for one in gateways)
    if here and not is_strange:
        return Refused(KeyRefusal.NOT_LOST)
    found = _key_of(file)
    return found if isinstance(found, Refused) else _sign_with(found, "recover-signing-key", actor, now_ms)


def retire(key_id: str, *, without: Sequence[str] = (), actor: str, now_ms: int) -> str | Refused:
    """Have a key believed by nobody any more; what it sealed and nobody answered is sealed anew. Raises OSError."""
    _follow_file(now_ms)
    row = SigningKey.objects.filter(pk=known(key_id)).first()
    if row is None:
        return Refused(KeyRefusal.UNKNOWN_KEY, (key_id,))
    if row.state == State.ACTIVE:
        return Refused(KeyRefusal.IN_USE, (key_id,))
    public, active = row.public_key, public_key_hex()
    missing = tuple(name for name in without_key(active) if name not in without)
    if missing and row.state == State.FORMER:
        return Refused(KeyRefusal.NOT_EVERYBODY, missing)
    with transaction.atomic():
        SigningKey.objects.filter(pk=public).update(state=State.RETIRED, since_ms=now_ms)
        outbox.seal_anew(public[:KEY_ID], now_ms)
        _note(actor, "retire-signing-key", public, now_ms)
    former_file(public[:KEY_ID]).unlink(missing_ok=True)
    tell_keys(now_ms)
    return public


def tell_keys(now_ms: int) -> int:
    """Tell each gateway that believes other keys than it should; give how many are told. Looked at each minute, too."""
    believed = believed_keys()
    gone = SigningKey.objects.filter(state=State.RETIRED).order_by("-since_ms", "pk")[:MOST_KEYS]
    retired = sorted(row.public_key for row in gone)
    if len(believed) == 1 and not retired:
        return 0
    told, subject = 0, sha256(" ".join([*believed, "-", *retired]).encode()).hexdigest()[:KEY_ID]
    for gateway_id in Gateway.objects.exclude(public_key="").values_list("pk", flat=True):
        with transaction.atomic():
            gateway = outbox.locked(gateway_id)
            if gateway.takes_orders and _must_be_told(gateway, believed, retired, subject):
                order = TrustKeys(keys=believed, retired=retired)
                outbox.enqueue_on(gateway, order, subject=subject, now_ms=now_ms)
                told += 1
    return told


def note_told(gateway: Gateway, order: TrustKeys) -> None:
    """A gateway took our keys: it believes them beside its file's, and those that were retired no more."""
    ids = [key[:KEY_ID] for key in order.keys]
    gone = {key[:KEY_ID] for key in order.retired}
    known = [key for key in dict.fromkeys([*ids, *gateway.central_keys]) if key not in gone]
    Gateway.objects.filter(pk=gateway.pk).update(central_keys=known)


def _must_be_told(gateway: Gateway, believed: list[str], retired: list[str], subject: str) -> bool:
    said = set(gateway.central_keys)
    ids, gone = {key[:KEY_ID] for key in believed}, {key[:KEY_ID] for key in retired}
    if ids <= said and not gone & said:
        return False
    same = Command.objects.filter(gateway=gateway, stream=gateway.stream, kind=TRUST_KEYS, subject=subject)
    last = same.order_by("-pk").first()
    return last is None or (last.state == Command.State.ANSWERED and last.outcome not in NOT_AGAIN)


def _follow_file(now_ms: int) -> None:
    """The key of the file signs, whatever a switch that was cut short has left in the rows. Raises SigningKeyMissing."""
    active = public_key_hex()
    if SigningKey.objects.filter(pk=active, state=State.ACTIVE).exists():
        return
    with transaction.atomic():
        _mark_active(active, now_ms)


def _mark_active(public: str, now_ms: int) -> None:
    SigningKey.objects.filter(state=State.ACTIVE).update(state=State.FORMER, since_ms=now_ms)
    SigningKey.objects.update_or_create(pk=public, defaults={"state": State.ACTIVE, "since_ms": now_ms})


def _sign_with(found: Ed25519PrivateKey, action: str, actor: str, now_ms: int) -> str:
    public = hex_of(found)
    write_whole(Path(settings.SIGNING_KEY_FILE), found.private_bytes_raw().hex() + "\n", mode=0o600)
    with transaction.atomic():
        _mark_active(public, now_ms)
        _note(actor, action, public, now_ms)
    tell_keys(now_ms)
    return public


def _key_of(file: Path) -> Ed25519PrivateKey | Refused:
    """Read a key that was prepared here, or signed before."""
    try:
        found = read_private_key(file)
    except ValueError:
        return Refused(KeyRefusal.UNREADABLE, (str(file),))
    row = SigningKey.objects.filter(pk=hex_of(found)).first()
    if row is None:
        return Refused(KeyRefusal.UNKNOWN_KEY, (hex_of(found)[:KEY_ID],))
    return Refused(KeyRefusal.RETIRED, (row.public_key[:KEY_ID],)) if row.state == State.RETIRED else found


def _note(actor: str, action: str, public: str, now_ms: int) -> None:
    record_audit(actor=actor, action=action, subject="", detail=public[:KEY_ID], now_ms=now_ms)
