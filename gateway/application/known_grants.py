"""What was done once and must not be done again: by its id, by its serial, or because an opening balance holds it (C-1, C-6, C-11).

A grant has two names. Commands and voucher files carry its id; a code is too short for that and carries its serial; an opening says
of sixty thousand grants that they are in the balances by one serial and the few that are not. Credits nothing.
"""

from dataclasses import dataclass

import msgspec

from gateway.application.alarms import raise_alarm
from gateway.application.ports import Journal
from gateway.application.records import ONLY, KnownGrant, OpenedSerials, TakenSerial
from gateway.contract.commands import Command, Grant, Opening, decode_command, encode_command
from gateway.contract.facts import CommandOutcome, EntryKind, EntryLine, Instant
from gateway.contract.identifiers import EntryId, GrantId, MeterNo
from gateway.contract.voucher_code import short_name
from gateway.domain.ledger import Seen, seen


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a command, and which relay or meter it woke."""

    outcome: CommandOutcome
    detail: str = ""
    taken: tuple[EntryLine, ...] = ()
    relay: tuple[MeterNo, ...] = ()
    read: tuple[MeterNo, ...] = ()


def known_before(journal: Journal, name: GrantId, body: Command, now: Instant) -> Done | None:
    """Answer an id that was done before; an id that came with an opening matches any content, for only its name is known.

    What is compared is what was said, not how a release encoded it: a field that was added since, at its default, is no difference.
    """
    known = journal.record(KnownGrant, name)
    if known is None:
        return None
    if known.content == b"" or seen(decode_command(known.content), body) is Seen.EXISTS:
        return Done(CommandOutcome.EXISTS, taken=_taken_then(journal, known))
    return _different(journal, name, now)


def known_grant(journal: Journal, grant: Grant, now: Instant) -> Done | None:
    """Answer a grant that was credited before, whatever carried it and by whichever name; None when it is new.

    An id is compared without its serial: software from before serials signed the same grant without one.
    """
    known = journal.record(KnownGrant, grant.grant)
    if known is not None:
        same = known.content == b"" or _without_serial(decode_command(known.content)) == _without_serial(
            grant
        )
        return Done(CommandOutcome.EXISTS) if same else _different(journal, grant.grant, now)
    if grant.serial <= 0:
        return None
    taken = journal.record(TakenSerial, str(grant.serial))
    if taken is not None:
        same = (taken.name, taken.terms) == (short_name(grant), _terms(grant))
        return Done(CommandOutcome.EXISTS) if same else _different(journal, grant.grant, now)
    return Done(CommandOutcome.EXISTS) if _is_contained(journal, grant.serial) else None


def remember(journal: Journal, grant: Grant, entry: EntryId) -> None:
    """Know a credited grant by both its names."""
    journal.keep(grant.grant, KnownGrant(encode_command(grant), entry))
    if grant.serial > 0:
        journal.keep(str(grant.serial), TakenSerial(short_name(grant), _terms(grant), entry))


def adopt_known(journal: Journal, opening: Opening) -> None:
    """Know exactly the grants that an opening balance contains (C-11).

    Any other that this store remembers is not in the balance any more: it must credit again when it comes again.
    """
    opened = OpenedSerials(opening.grants_up_to, tuple(opening.grants_pending))
    journal.keep(ONLY, opened)
    listed, pending = set(opening.known_grants), frozenset(opened.pending)
    for name, known in journal.records(KnownGrant).items():
        serial = _serial(known.content)
        if name not in listed and not (0 < serial <= opened.up_to and serial not in pending):
            journal.forget(KnownGrant, name)
    for serial in map(int, journal.records(TakenSerial)):
        if serial > opened.up_to or serial in pending:
            journal.forget(TakenSerial, str(serial))
    for name in opening.known_grants:
        if journal.record(KnownGrant, name) is None:
            journal.keep(name, KnownGrant(b""))


def _is_contained(journal: Journal, serial: int) -> bool:
    opened = journal.record(OpenedSerials, ONLY)
    return opened is not None and serial <= opened.up_to and serial not in opened.pending


def _terms(grant: Grant) -> tuple[str, str, str, int, int]:
    return grant.account, grant.bucket, grant.unit, grant.amount, grant.expires_ms


def _serial(content: bytes) -> int:
    body = decode_command(content)
    return body.serial if isinstance(body, Grant) else 0


def _without_serial(body: Command | None) -> Command | None:
    return msgspec.structs.replace(body, serial=0) if isinstance(body, Grant) else body


def _different(journal: Journal, name: GrantId, now: Instant) -> Done:
    raise_alarm(journal, "exists-with-different", name, "the same grant came again with other content", now)
    return Done(CommandOutcome.EXISTS_WITH_DIFFERENT, name)


def _taken_then(journal: Journal, known: KnownGrant) -> tuple[EntryLine, ...]:
    if known.taken:
        return known.taken
    entry = journal.entry(known.entry) if known.entry else None
    return tuple(entry.lines) if entry and entry.entry_kind is EntryKind.TAKEN_BACK else ()
