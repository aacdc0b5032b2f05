"""Prove that items stand where their steps led them, and that nothing was said in a meeting after its close (R-5.1)."""

from central.domain.improvement_items import Act, after
from central.ledger.verification import Check
from central.reports.meetings.models import Item, Meeting, MeetingEntry

Kind = MeetingEntry.Kind


def verify_meetings() -> Check:
    """Check every item and every meeting; names the first that doesn't hold."""
    items = Item.objects.order_by("pk").prefetch_related("steps")
    meetings = Meeting.objects.order_by("pk").prefetch_related("entries")
    told = f"{len(items)} improvement items, {len(meetings)} meetings"
    fault = next((f"item {one.pk}: {fault}" for one in items if (fault := _item_fault(one))), "")
    fault = fault or next(
        (f"meeting {one.pk}: {fault}" for one in meetings if (fault := _meeting_fault(one))), ""
    )
    return Check("meetings", told, fault)


def _item_fault(item: Item) -> str:
    steps = list(item.steps.all())
    if after([Act(step.kind) for step in steps]) != item.state:
        return "its state is not where its steps led"
    doer = None
    for step in steps:
        if step.kind == Act.DONE:
            doer = step.by_id
        elif step.kind == Act.CHECKED and step.by_id == doer:
            return "who did it checked it"
    said = next(step for step in reversed(steps) if step.due is not None)
    kept = (item.measure, item.owner_id, item.office, item.due)
    return "" if (said.measure, said.owner_id, said.office, said.due) == kept else "its task is another one"


def _meeting_fault(meeting: Meeting) -> str:
    kinds = [entry.kind for entry in meeting.entries.all()]
    if kinds.count(Kind.CLOSED) != int(meeting.is_closed):
        return "its state is not what its entries say"
    if not meeting.is_closed:
        return "something was added before its close" if Kind.ADDED in kinds else ""
    at = kinds.index(Kind.CLOSED)
    before, later = kinds[:at], kinds[at + 1 :]
    if Kind.ADDED in before or any(kind != Kind.ADDED for kind in later):
        return "something was said after its close"
    return ""
