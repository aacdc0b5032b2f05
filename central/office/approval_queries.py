"""Read requests: what waits for a person, what he asked for, what he may look at, and where each stands."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from central.domain.approval import Chain, Signed, chain_of, may_sign, step_now
from central.office import roles
from central.office.acts import act_of, all_acts
from central.office.approvals import is_barred, shelves_for, stand_ins_of
from central.office.models import Approval, Filing, Signature, User
from central.office.people import roles_of
from central.office.setting_words import chain_text, office_word
from central.office.words import Words
from central.prepared import Prepared

SEES_ALL = frozenset(roles.SEE_ALL_APPROVALS)
"""Offices that may look at every request."""
_WAITING = Prepared(
    lambda person: Approval.objects.filter(state=Approval.State.WAITING).exclude(asked_by=person), int
)
_SIGNED = Prepared(
    lambda: Signature.objects.filter(approve=True, approval__state=Approval.State.WAITING).values_list(
        "approval_id", "step", "person_id"
    )
)


def waiting_for(person: User, now_ms: int) -> list[Approval]:
    """Give the requests that this person can sign now, the longest waiting first."""
    waiting = Approval.objects.filter(state=Approval.State.WAITING).exclude(asked_by=person)
    return _to_sign(list(waiting.select_related("asked_by").order_by("step_since_ms")), person, now_ms)


def number_waiting_for(person: User, now_ms: int) -> int:
    """Count the requests that this person can sign now: it stands above every page."""
    return len(_to_sign(_WAITING.rows(person.pk), person, now_ms))


def _to_sign(rows: list[Approval], person: User, now_ms: int) -> list[Approval]:
    """Give those of the waiting requests that a person can sign."""
    signed: dict[int, list[Signed]] = defaultdict(list)
    for approval_id, step, signer_id in _SIGNED.rows() if rows else ():
        signed[approval_id].append(Signed(step, signer_id))
    askers = {row.asked_by_id for row in rows}
    offices = {asker: roles_of(person, now_ms, without=asker) for asker in askers}
    return [
        row
        for row in rows
        if may_sign(
            chain_of(row.chain),
            signed[row.pk],
            asker=row.asked_by_id,
            person=person.pk,
            offices=offices[row.asked_by_id],
            stand_ins=stand_ins_of(row, now_ms),
        )
        is None
        and not is_barred(row, person)
    ]


def visible_to(person: User, now_ms: int) -> QuerySet[Approval]:
    """Give the requests that a person may look at: his own, what he signed, his offices' acts, what waits for them."""
    offices = roles_of(person, now_ms)
    rows = Approval.objects.select_related("asked_by")
    if offices & SEES_ALL:
        return rows
    acts = [act.code for act in all_acts() if offices & {*act.roles, *act.copies}]
    waiting = Approval.objects.filter(state=Approval.State.WAITING).only("pk", "chain")
    in_chain = [row.pk for row in waiting if offices & _offices_of(row)]
    mine = Q(asked_by=person) | Q(signatures__person=person) | Q(act__in=acts) | Q(pk__in=in_chain)
    return rows.filter(mine).distinct()


def _offices_of(request: Approval) -> set[str]:
    return {office for step in chain_of(request.chain) for office in step.offices}


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a chain as a page shows it."""

    who: str
    signatures: list[Signature]
    missing: int
    is_now: bool


def step_lines(request: Approval) -> list[StepLine]:
    """Give each step with who signed it and how many signatures it lacks."""
    chain, rows = chain_of(request.chain), list(request.signatures.select_related("person"))
    signed = [Signed(row.step, row.person_id) for row in rows if row.approve]
    now = step_now(chain, signed) if request.state == Approval.State.WAITING else None
    return [_line(chain, place, rows, now == place) for place in range(len(chain))]


def _line(chain: Chain, place: int, rows: list[Signature], is_now: bool) -> StepLine:
    step = chain[place]
    here = [row for row in rows if row.step == place]
    who = chain_text([{"offices": list(step.offices), "persons": step.persons}])
    return StepLine(who, here, step.persons - sum(row.approve for row in here), is_now)


def act_title(code: str) -> Words:
    """Name an act; one that is no longer known by its code."""
    act = act_of(code)
    return act.title if act else code


def subject_words(request: Approval) -> str:
    """Say what a request is about."""
    act = act_of(request.act)
    return (act.about(request.content) if act else "") or request.subject


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where an office keeps the original or a copy, or that it has yet to say so."""

    kind: str
    office: str
    office_name: str
    filing: Filing | None


def shelves_of(request: Approval) -> list[Shelf]:
    """Give who keeps the original (the last office that signed) and who files copies; nothing until it is approved."""
    act = act_of(request.act)
    if request.state != Approval.State.APPROVED or act is None:
        return []
    filed = {(row.kind, row.office): row for row in request.filings.select_related("person")}
    return [
        Shelf(kind, office, office_word(office), filed.get((kind, office)))
        for kind, office in shelves_for(request)
    ]
