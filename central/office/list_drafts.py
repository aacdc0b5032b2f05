"""Write a list, ask for its approval, throw it away: one transaction each, all on record (R-4.1.3).

A draft belongs to its author's office. While it waits for signatures nothing of it is changed; rejected, withdrawn or failed it may
be mended and asked for anew, as a new request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from central.ledger.operations import record_audit
from central.office import approvals
from central.office.approvals import ApprovalRefusal
from central.office.models import Approval, ListCounter, ListDraft, User
from central.office.people import roles_of
from central.office.roles import SET_PRICES
from central.office.words import Words

Rows = list[dict[str, Any]]


class DraftRefusal(StrEnum):
    """Why a draft was not changed or not asked for."""

    UNKNOWN_DRAFT = "unknown-draft"
    NOT_YOURS = "another-office"
    """Another office wrote it."""
    IS_WAITING = "is-waiting"
    IS_PUBLISHED = "is-published"
    NOTHING_CHANGES = "nothing-changes"
    HAS_PASSED = "has-passed"
    """The instant from which it should hold; nothing is priced in arrears."""
    TAKEN_OVER = "taken-over"
    """Somebody saved it meanwhile: what was looked at is not what would be asked for."""


@dataclass(frozen=True, slots=True)
class CannotBePublished:
    """The rehearsal failed: what would stand in the way at the last signature, in words."""

    words: str


class WayToPublish:
    """What a kind of list does with its rows; `price_lists` and `repair_lists` each give one."""

    def __init__(
        self,
        changed: Callable[[Rows, int, int], Rows],
        rehearse: Callable[[dict[str, Any], User, int], Words],
        subject: Callable[[Rows], str],
    ) -> None:
        self.changed, self.rehearse, self.subject = changed, rehearse, subject


_WAYS: dict[str, WayToPublish] = {}


def add_way(kind: str, way: WayToPublish) -> None:
    """Make known what becomes of a kind of list."""
    _WAYS[kind] = way


def office_of(actor: User, now_ms: int) -> str | None:
    """Give the office for which a person writes lists: his own, or the one he stands in for; None when neither may."""
    mine = [role for role in SET_PRICES if role in roles_of(actor, now_ms)]
    return actor.role if actor.role in mine else mine[0] if mine else None


def refusal_of(draft: ListDraft | None, actor: User, now_ms: int) -> DraftRefusal | None:
    """Say why a person can't change a draft now; None when he can."""
    if draft is None:
        return DraftRefusal.UNKNOWN_DRAFT
    if draft.office not in roles_of(actor, now_ms):
        return DraftRefusal.NOT_YOURS
    if draft.is_done:
        return DraftRefusal.IS_PUBLISHED
    return DraftRefusal.IS_WAITING if draft.is_waiting else None


@transaction.atomic
def start(kind: str, rows: Rows, *, actor: User, now_ms: int) -> ListDraft | DraftRefusal:
    """Begin a draft, with the rows that are in force."""
    office = office_of(actor, now_ms)
    if office is None:
        return DraftRefusal.NOT_YOURS
    draft = ListDraft.objects.create(
        kind=kind, rows=rows, office=office, author=actor, made_ms=now_ms, changed_ms=now_ms
    )
    _on_record("start-list", draft, actor, "", now_ms)
    return draft


@transaction.atomic
def save(
    draft_id: int, from_ms: int, rows: Rows, *, actor: User, now_ms: int, seen_ms: int | None = None
) -> ListDraft | DraftRefusal:
    """Replace a draft's rows and instant. `seen_ms`: its last change as the writer saw it, when that matters."""
    draft = _locked(draft_id)
    refusal = refusal_of(draft, actor, now_ms)
    if refusal is not None or draft is None:
        return refusal or DraftRefusal.UNKNOWN_DRAFT
    if seen_ms is not None and draft.changed_ms != seen_ms:
        return DraftRefusal.TAKEN_OVER
    draft.from_ms, draft.rows, draft.changed_ms = from_ms, rows, max(now_ms, draft.changed_ms + 1)
    draft.save(update_fields=["from_ms", "rows", "changed_ms"])
    _on_record("save-list", draft, actor, f"{len(rows)} rows from {from_ms}", now_ms)
    return draft


@transaction.atomic
def throw_away(draft_id: int, *, actor: User, now_ms: int) -> DraftRefusal | None:
    """Delete a draft. What was asked for with it stays on record as a request."""
    draft = _locked(draft_id)
    refusal = refusal_of(draft, actor, now_ms)
    if refusal is not None or draft is None:
        return refusal or DraftRefusal.UNKNOWN_DRAFT
    _on_record("throw-list-away", draft, actor, "", now_ms)
    draft.delete()
    return None


@transaction.atomic
def ask(
    draft_id: int, *, seen_ms: int, why: str, key: str, actor: User, now_ms: int
) -> Approval | DraftRefusal | ApprovalRefusal | CannotBePublished:
    """Ask for the approval of a draft as it was seen; only what changes is asked for. The same `key` again asks once."""
    draft = _locked(draft_id)
    if draft is not None and draft.request is not None and draft.request.key == key:
        return draft.request
    refusal = refusal_of(draft, actor, now_ms)
    if refusal is not None or draft is None:
        return refusal or DraftRefusal.UNKNOWN_DRAFT
    if draft.changed_ms != seen_ms:
        return DraftRefusal.TAKEN_OVER
    if 0 < draft.from_ms <= now_ms:
        return DraftRefusal.HAS_PASSED
    way = _WAYS[draft.kind]
    rows = way.changed(draft.rows, draft.from_ms, now_ms)
    if not rows:
        return DraftRefusal.NOTHING_CHANGES
    content = {"draft": draft.pk, "from_ms": draft.from_ms, "rows": rows}
    if words := way.rehearse(content, actor, now_ms):
        return CannotBePublished(str(words))
    asked = approvals.ask(
        draft.kind, content, subject=way.subject(rows), why=why, actor=actor, now_ms=now_ms, key=key
    )
    if isinstance(asked, Approval):
        draft.request = asked
        draft.save(update_fields=["request"])
    return asked


def next_number(kind: str) -> int:
    """Take the next number of a kind of list, inside the caller's transaction: undone, it is given to the next one."""
    ListCounter.objects.get_or_create(kind=kind)
    counter = ListCounter.objects.select_for_update().get(kind=kind)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _locked(draft_id: int) -> ListDraft | None:
    return (
        ListDraft.objects.select_for_update(of=("self",))
        .select_related("request")
        .filter(pk=draft_id)
        .first()
    )


def _on_record(action: str, draft: ListDraft, actor: User, detail: str, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"{draft.kind} draft {draft.pk}",
        detail=detail,
        now_ms=now_ms,
    )
