"""Open improvement items and take them further: one transaction each, each step once, all on record (R-5.1)."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from django.db import transaction

from central.clock import campus_day
from central.domain.improvement_items import FINISHED, LEADS_TO, Act, Actor, Fault, State, fault_of
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import KEEP_MEETINGS, RECORD_ITEMS, Role
from central.reports.meetings.models import LONGEST_NAME, LONGEST_TEXT, Item, ItemStep, MeetingEntry
from central.reports.meetings.told import tell_owner, tell_to_check


class ItemRefusal(StrEnum):
    """Why nothing was done, beside what the rules refuse (`Fault`)."""

    UNKNOWN_ITEM = "unknown-item"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    WRONG_LINK = "wrong-link"


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: ItemRefusal | Fault


@dataclass(frozen=True, slots=True)
class Task:
    """Who does what until when: a person or an office."""

    measure: str
    due: date
    owner: User | None = None
    office: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be improved, and where it came up."""

    text: str
    found: Item.Found
    link: str = ""
    source: MeetingEntry | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does to an item; a task comes with a change."""

    act: Act
    step: str
    text: str = ""
    task: Task | None = None


@transaction.atomic
def open_item(problem: Problem, task: Task, step: str, *, actor: User, now_ms: int) -> Item | Refused:
    """Open an item and tell its owner. The same `step` opens once."""
    lock_head()
    text, link = problem.text.strip()[:LONGEST_TEXT], problem.link.strip()[:LONGEST_NAME]
    problem, task = replace(problem, text=text, link=link), _cut(task)
    if (known := _known(step)) is not None:
        same = (known.kind, known.item.problem, known.measure) == (Act.OPENED, problem.text, task.measure)
        return known.item if same else Refused(ItemRefusal.EXISTS_WITH_DIFFERENT)
    if why := _task_fault(task, now_ms) or (None if problem.text else Fault.NO_WORDS):
        return Refused(why)
    if problem.link and not _is_own_page(problem.link):
        return Refused(ItemRefusal.WRONG_LINK)
    item = Item.objects.create(
        problem=problem.text,
        found=problem.found,
        link=problem.link,
        source=problem.source,
        measure=task.measure,
        owner=task.owner,
        office=task.office,
        due=task.due,
        opened_ms=now_ms,
    )
    _write(item, Step(Act.OPENED, step, "", task), actor, now_ms)
    tell_owner(item, now_ms)
    return item


@transaction.atomic
def take_step(number: int, step: Step, *, actor: User, now_ms: int) -> Item | Refused:
    """Take an item further by one step; the same step again changes nothing."""
    lock_head()
    item = Item.objects.select_for_update(of=("self",), no_key=True).filter(pk=number).first()
    if item is None:
        return Refused(ItemRefusal.UNKNOWN_ITEM)
    step = replace(step, text=step.text.strip()[:LONGEST_TEXT], task=step.task and _cut(step.task))
    if (known := _known(step.step)) is not None:
        same = (known.item_id, known.kind, known.text) == (item.pk, step.act, step.text)
        return item if same else Refused(ItemRefusal.EXISTS_WITH_DIFFERENT)
    if why := _fault(item, step, actor, now_ms):
        return Refused(why)
    before = (item.owner_id, item.office, item.due)
    _write(item, step, actor, now_ms)
    _advance(item, step, now_ms)
    if (item.owner_id, item.office, item.due) != before:
        tell_owner(item, now_ms)
    if step.act is Act.DONE:
        tell_to_check(item, actor, now_ms)
    return item


def actor_of(item: Item, user: User, now_ms: int) -> Actor:
    """Say what a person is to an item: also as one who stands in for somebody."""
    offices = roles_of(user, now_ms)
    done = item.steps.filter(kind=Act.DONE).order_by("-pk").first()
    return Actor(
        is_owner=item.owner_id == user.pk or (not item.owner_id and item.office in offices),
        is_keeper=not offices.isdisjoint(KEEP_MEETINGS),
        is_checker=not offices.isdisjoint(RECORD_ITEMS),
        did_it=item.owner_id == user.pk or (done is not None and done.by_id == user.pk),
    )


def _known(step: str) -> ItemStep | None:
    return ItemStep.objects.filter(step=step).select_related("item").first()


def _cut(task: Task) -> Task:
    return replace(task, measure=task.measure.strip()[:LONGEST_TEXT])


def _is_own_page(link: str) -> bool:
    """A browser leaves tabs out of an address: `/<tab>/host` is another host's page."""
    return link.isprintable() and link.startswith("/") and not link.startswith(("//", "/\\"))


def _task_fault(task: Task, now_ms: int) -> Fault | None:
    if task.owner is not None and task.office:
        return Fault.TWO_OWNERS
    if task.owner is None and task.office not in Role.values:
        return Fault.NO_OWNER
    if not task.measure:
        return Fault.NO_WORDS
    return Fault.DUE_BEFORE if task.due < campus_day(now_ms) else None


def _fault(item: Item, step: Step, actor: User, now_ms: int) -> Fault | None:
    if why := fault_of(State(item.state), step.act, actor_of(item, actor, now_ms), step.text):
        return why
    if step.act is not Act.CHANGED:
        return None
    if step.task is None or _same_task(item, step.task):
        return Fault.NOTHING_CHANGED
    kept_day = step.task.due == item.due
    today = replace(step.task, due=campus_day(now_ms)) if kept_day else step.task
    return _task_fault(today, now_ms)


def _same_task(item: Item, task: Task) -> bool:
    owner = task.owner.pk if task.owner else None
    return (item.measure, item.owner_id, item.office, item.due) == (
        task.measure,
        owner,
        task.office,
        task.due,
    )


def _write(item: Item, step: Step, actor: User, now_ms: int) -> None:
    task = step.task if step.act in (Act.OPENED, Act.CHANGED) else None
    ItemStep.objects.create(
        item=item,
        kind=step.act,
        step=step.step,
        text=step.text,
        measure=task.measure if task else "",
        owner=task.owner if task else None,
        office=task.office if task else "",
        due=task.due if task else None,
        at_ms=now_ms,
        by=actor,
    )
    record_audit(
        actor=actor.get_username(),
        action=f"item-{step.act}",
        subject=f"improvement {item.pk}",
        detail=(step.text or item.problem)[:200],
        now_ms=now_ms,
    )


def _advance(item: Item, step: Step, now_ms: int) -> None:
    item.state = LEADS_TO[State(item.state), step.act].value
    if State(item.state) in FINISHED:
        item.ended_ms = now_ms
    if step.act is Act.CHANGED and step.task is not None:
        task = step.task
        item.measure, item.owner, item.office, item.due = task.measure, task.owner, task.office, task.due
    item.save(update_fields=["state", "ended_ms", "measure", "owner", "office", "due"])
