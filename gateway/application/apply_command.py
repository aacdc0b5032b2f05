"""Central's numbered commands, in order, each with its answer, in one transaction (C-5). Checks no envelope: that is done before.

The command's number and bytes are stored with what it did. Its answer is an outbox row, so that it is as durable as the deed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from gateway.application.accounts import metered_by
from gateway.application.alarms import raise_alarm, station
from gateway.application.bill_gap import bill_gap
from gateway.application.close_account import begin_closing
from gateway.application.configure import apply_configure
from gateway.application.control_commands import begin_by_command, end_by_command
from gateway.application.decide import approve_cuts
from gateway.application.drive_relay import set_override
from gateway.application.emergency import draw_emergency
from gateway.application.grant import apply_grant, take_back
from gateway.application.known_grants import Done
from gateway.application.lock_outs import begin_lock, end_lock
from gateway.application.new_epoch import renew_epoch
from gateway.application.outbox import resend
from gateway.application.ports import Journal
from gateway.application.power import end_trip
from gateway.application.records import ONLY, InboxRow, LockNote, MeterTies, OutboxMark
from gateway.application.relay_state import CENTRAL, relay_of
from gateway.application.resolve import resolve_alarm
from gateway.application.trust_keys import apply_trust_keys
from gateway.contract.commands import (
    ApproveCuts,
    BeginEpoch,
    BeginSoftwareControl,
    BillGap,
    CloseAccount,
    Command,
    Configure,
    DrawEmergency,
    EndSoftwareControl,
    Grant,
    ReadNow,
    RelayWish,
    Resend,
    ResolveAlarm,
    SetRelay,
    TakeBack,
    TrustKeys,
    decode_command,
)
from gateway.contract.envelope import Sealed
from gateway.contract.facts import NOT_OPENED, Answer, CommandOutcome, CommandResult, Instant
from gateway.contract.identifiers import CommandId, KeyId, MeterNo
from gateway.domain.cut_guard import CutGuard, is_spent
from gateway.domain.ledger import AccountState, Seen, seen
from gateway.domain.reading import MeterState

Verifier = Callable[[KeyId, bytes, bytes], bool]
"""Says whether an approver's key (first) signed a text (second) with a signature (third)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A command was taken: its answer is in the outbox. The loops wake these relays and read these meters."""

    result: CommandResult
    relay: tuple[MeterNo, ...] = ()
    read: tuple[MeterNo, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """A command that was taken before came again, byte for byte: nothing is done, its answer is already in the outbox."""

    result: CommandResult


def apply_command(
    journal: Journal, sealed: Sealed, now: Instant, approves: Verifier
) -> Taken | Repeated | Answer:
    """Take an opened command if its number is the next one.

    A gap is answered with the number expected (C-5). A number that was taken is Repeated, with other content an Answer
    `exists-with-different` and an alarm. Two commands may come out of turn, because order is what they repair: a configuration
    whose opening is for this very epoch, and the order to begin a new epoch, which does not use its number up. Until that opening
    came nothing else is taken: an old life's commands are validly signed too, and would credit or cut again (R-G5).
    """
    here = station(journal)
    if sealed.number <= here.last_command:
        return _repeated(journal, sealed, now)
    body = decode_command(bytes(sealed.body))
    expected = here.last_command + 1
    opens = _opens_this_epoch(journal, body)
    begins = isinstance(body, BeginEpoch) and _has_gone_back(journal, body)
    if here.opened_epoch != here.epoch and not (opens or begins):
        return Answer(sealed.number, NOT_OPENED, expected, CommandId(sealed.id))
    if sealed.number != expected and not opens:
        if isinstance(body, BeginEpoch):
            _begin_epoch(journal, body, now)
        return Answer(sealed.number, "gap", expected, CommandId(sealed.id))
    return _take(journal, sealed, body, now, approves)


def refuse_command(journal: Journal, sealed: Sealed, now: Instant, why: str) -> Taken | None:
    """Use up the next number of a command that could not be done, so that those behind it are; None when it isn't the next one."""
    here = station(journal)
    if sealed.number != here.last_command + 1 or here.opened_epoch != here.epoch:
        return None
    journal.keep(ONLY, msgspec.structs.replace(here, last_command=sealed.number))
    result = CommandResult(sealed.number, CommandId(sealed.id), CommandOutcome.REFUSED, now, why)
    journal.keep(str(sealed.number), InboxRow(sealed.number, result.command, bytes(sealed.body), result))
    journal.append_fact(result)
    return Taken(result)


def _repeated(journal: Journal, sealed: Sealed, now: Instant) -> Repeated | Answer:
    expected = station(journal).last_command + 1
    row = journal.record(InboxRow, str(sealed.number))
    if row is None:
        return Answer(sealed.number, "already-have", expected, CommandId(sealed.id))
    if row.command == sealed.id and _is_same(row, bytes(sealed.body)):
        return Repeated(row.result)
    detail = f"command {sealed.number} came again with other content"
    raise_alarm(journal, "exists-with-different", f"command {sealed.number}", detail, now)
    return Answer(sealed.number, CommandOutcome.EXISTS_WITH_DIFFERENT.value, expected, CommandId(sealed.id))


def _is_same(row: InboxRow, body: bytes) -> bool:
    """Compare the bytes that were signed, or what is kept of them."""
    return sha256(body).digest() == row.digest if row.digest else seen(row.body, body) is Seen.EXISTS


def _opens_this_epoch(journal: Journal, body: Command | None) -> bool:
    here = station(journal)
    opening = body.opening if isinstance(body, Configure) else None
    return opening is not None and opening.epoch == here.epoch and here.opened_epoch != here.epoch


def _take(journal: Journal, sealed: Sealed, body: Command | None, now: Instant, approves: Verifier) -> Taken:
    here = station(journal)
    central_ms = max(here.central_ms, sealed.issued_ms)
    journal.keep(ONLY, msgspec.structs.replace(here, last_command=sealed.number, central_ms=central_ms))
    command = CommandId(sealed.id)
    if isinstance(body, CloseAccount):
        result, done = _close(journal, body, sealed.number, command, now)
    else:
        done = _do(journal, body, sealed, now, approves)
        result = CommandResult(sealed.number, command, done.outcome, now, done.detail, list(done.taken))
    journal.keep(str(sealed.number), InboxRow(sealed.number, command, bytes(sealed.body), result))
    journal.append_fact(result)
    return Taken(result, done.relay, done.read)


def _do(journal: Journal, body: Command | None, sealed: Sealed, now: Instant, approves: Verifier) -> Done:
    match body:
        case Grant():
            return apply_grant(journal, body, now)
        case TakeBack():
            return take_back(journal, body, now)
        case Configure():
            return apply_configure(journal, body, now)
        case SetRelay():
            return _set_relay(journal, body, sealed, now)
        case ApproveCuts():
            return _approve(journal, body, sealed, now, approves)
        case Resend():
            return _resend(journal, body)
        case BeginEpoch():
            began = _begin_epoch(journal, body, now)
            return Done(CommandOutcome.APPLIED if began else CommandOutcome.EXISTS)
        case ReadNow():
            return Done(CommandOutcome.APPLIED, read=tuple(body.meters) or _all_meters(journal))
        case DrawEmergency():
            return draw_emergency(journal, body, now)
        case BillGap():
            return bill_gap(journal, body, now)
        case BeginSoftwareControl():
            return begin_by_command(journal, body, now)
        case EndSoftwareControl():
            return end_by_command(journal, body, now)
        case ResolveAlarm():
            return resolve_alarm(journal, body.what, body.subject, f"{body.by}: {body.why}", now)
        case TrustKeys():
            return apply_trust_keys(journal, body, sealed.key)
        case _:
            return Done(CommandOutcome.UNSUPPORTED, "this software doesn't know the command")


def _close(
    journal: Journal, body: CloseAccount, number: int, command: CommandId, now: Instant
) -> tuple[CommandResult, Done]:
    result = begin_closing(journal, body, number, command, now)
    state = journal.record(AccountState, body.account)
    meters = (state.meter,) if state and state.meter else ()
    return result, Done(result.outcome, relay=meters, read=meters)


def _has_expired(sealed: Sealed, now: Instant) -> bool:
    return now.trusted and sealed.expires_ms is not None and now.wall_ms > sealed.expires_ms


def _set_relay(journal: Journal, body: SetRelay, sealed: Sealed, now: Instant) -> Done:
    """Override, lock out or release. An expired order uses its number up and does nothing (C-5)."""
    if _has_expired(sealed, now):
        return Done(CommandOutcome.EXPIRED)
    if journal.record(MeterState, body.meter) is None and journal.record(MeterTies, body.meter) is None:
        return Done(CommandOutcome.UNKNOWN_METER, body.meter)
    state = relay_of(journal, body.meter)
    if body.wish is RelayWish.CLOSE and state.locks:
        return Done(CommandOutcome.LOCKED_OUT, ", ".join(state.locks))
    if body.wish is RelayWish.OPEN and is_protected(journal, body.meter):
        return Done(CommandOutcome.PROTECTED, "a protected room is never cut")
    command = CommandId(sealed.id)
    why = f"{body.by}: {body.why}"
    said = LockNote(body.meter, CENTRAL, body.by, body.why, now, body.ref)
    match body.wish:
        case RelayWish.LOCK_OUT:
            begin_lock(journal, said, now, now, command)
        case RelayWish.RELEASE:
            end_lock(journal, said, now, now, command)
        case _:
            set_override(journal, body.meter, body.wish, why, now, command)
            if body.wish is not RelayWish.OPEN:
                end_trip(journal, body.meter, now)
    left = relay_of(journal, body.meter).locks
    detail = f"still locked out by {', '.join(left)}" if body.wish is RelayWish.RELEASE and left else ""
    return Done(CommandOutcome.APPLIED, detail, relay=(body.meter,))


def is_protected(journal: Journal, meter: MeterNo) -> bool:
    """Say whether the meter's account is one that is never cut (C-16)."""
    gathered = metered_by(journal, meter)
    return gathered is not None and gathered.rule.protected


def approval_text(gateway: str, count: int, until_ms: int) -> bytes:
    """Give what an approver signs (C-10)."""
    return f"approve-cuts {gateway} {count} {until_ms}".encode()


def _approve(journal: Journal, body: ApproveCuts, sealed: Sealed, now: Instant, approves: Verifier) -> Done:
    if _has_expired(sealed, now) or (now.trusted and now.wall_ms > body.until_ms):
        return Done(CommandOutcome.EXPIRED)
    text = approval_text(station(journal).gateway, body.count, body.until_ms)
    try:
        signature = bytes.fromhex(body.second_signature)
    except ValueError:
        signature = b""
    second_key = KeyId(body.second_key)
    if second_key == sealed.key or not approves(second_key, text, signature):
        return Done(CommandOutcome.NEEDS_SECOND_SIGNATURE)
    if is_spent(journal.record(CutGuard, ONLY) or CutGuard(), body.count, body.until_ms):
        return Done(CommandOutcome.EXISTS, "this approval was given before")
    approve_cuts(journal, body.count, body.until_ms, body.second_key, now)
    return Done(CommandOutcome.APPLIED, read=_all_meters(journal))


def _resend(journal: Journal, body: Resend) -> Done:
    first_seq = resend(journal, body.epoch, body.from_seq)
    if first_seq is None:
        return Done(CommandOutcome.REFUSED, f"this store never had epoch {body.epoch}")
    if first_seq > body.from_seq:
        return Done(CommandOutcome.PARTLY, f"kept from {first_seq} on")
    return Done(CommandOutcome.APPLIED)


def _has_gone_back(journal: Journal, body: BeginEpoch) -> bool:
    here = station(journal)
    known = journal.record(OutboxMark, here.epoch) is not None
    return known and body.seen_epoch == here.epoch and body.seen_seq > journal.last_seq(here.epoch)


def _begin_epoch(journal: Journal, body: BeginEpoch, now: Instant) -> bool:
    """Begin a new epoch if central has seen rows of the present one that this store never wrote (C-11); else do nothing.

    All rows of the old one are at central already, or would contradict what it has: they are kept, and not sent.
    """
    if not _has_gone_back(journal, body):
        return False
    renew_epoch(journal, now)
    return True


def _all_meters(journal: Journal) -> tuple[MeterNo, ...]:
    return tuple(MeterNo(meter) for meter in journal.records(MeterTies))
