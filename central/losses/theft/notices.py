"""Who is told of a theft, and when: at its report (R-4.2.4), again while nobody acknowledges, and at the finding (R-4.2.5)."""

from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.domain.theft_clock import is_unheard
from central.ledger.operations import record_audit
from central.losses.case_models import Case, CaseStep
from central.office.dated_settings import Where, number_at
from central.office.models import Channel, Delivery, Notice, User
from central.office.notice_templates import Template, register
from central.office.notices import electricians_of, notify
from central.office.roles import Role

REPORTED, UNHEARD, FOUND = "theft-reported", "theft-unheard", "theft-found"
CENTRAL = "clock"
TOLD_OF_REPORT = (
    *(Role.CASHIER, Role.DIRECTOR, Role.SECURITY, Role.STUDENTS, Role.VP_NETWORK, Role.VP_LOGISTICS),
)
"""Beside the building's electrician (R-4.2.4)."""
TOLD_AGAIN = (Role.DIRECTOR, Role.LOGISTICS)
TOLD_OF_FINDING = (
    *(Role.DIRECTOR, Role.LOGISTICS, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.PRESIDENT, Role.LEGAL),
)
"""R-4.2.5: theft and leakage, at once."""
SEEN_MSGIDS = {
    "cable": _("cable from the corridor"),
    "bypass": _("meter bypassed"),
    "seal": _("seal opened"),
    "other": _("something else"),
}
FINDING_MSGIDS = {Case.Finding.THEFT: _("theft"), Case.Finding.LEAKAGE: _("leakage")}


def register_notices() -> None:
    """Add this package's templates."""
    register(
        REPORTED,
        Template(
            _("Theft reported"),
            _("Suspected theft of power at %(where)s: %(seen_word)s"),
            (_("Reported by %(by)s"), _("%(text)s"), _("Case %(number)s: %(link)s")),
        ),
    )
    register(
        UNHEARD,
        Template(
            _("Theft report not acknowledged"),
            _("Nobody has acknowledged the suspected theft at %(where)s for %(minutes)s minutes"),
            (_("What was seen: %(seen_word)s"), _("Case %(number)s: %(link)s")),
        ),
    )
    register(
        FOUND,
        Template(
            _("Theft or leakage found"),
            _("Found at %(where)s: %(finding_word)s"),
            (_("%(text)s"), _("Case %(number)s: %(link)s")),
        ),
    )


def where_of(case: Case) -> str:
    """Say where, without words of a language: the building's name, the room or what the reporter called the place."""
    return f"{case.building.name} {case.room.full_label if case.room else case.about}"


def tell_reported(case: Case, seen: str, text: str, by: User, now_ms: int) -> int:
    """Tell all offices of R-4.2.4 and the building's electrician, inside the report's transaction, each once."""
    params = _params(case) | {"seen_word": SEEN_MSGIDS[seen], "text": text, "by": by.spoken_name}
    persons, offices = _electrician(case, now_ms)
    return notify(
        REPORTED,
        params,
        to=[*TOLD_OF_REPORT, *offices],
        persons=persons,
        key=f"theft-{case.pk}-reported",
        now_ms=now_ms,
    )


def tell_found(case: Case, text: str, now_ms: int) -> int:
    """Tell the offices of R-4.2.5 that theft or leakage was found, in the finding's transaction; of any case, once a finding."""
    word = FINDING_MSGIDS.get(Case.Finding(case.finding)) if case.finding else None
    if word is None:
        return 0
    params = _params(case) | {"finding_word": word, "text": text}
    return notify(
        FOUND, params, to=TOLD_OF_FINDING, key=f"case-{case.pk}-{case.finding}-found", now_ms=now_ms
    )


def tell_unheard(now_ms: int) -> int:
    """Tell the electrician, the director and logistics of reports that nobody acknowledges; give how many. Safe to repeat."""
    waiting = Case.objects.filter(kind=Case.Kind.THEFT, state=Case.State.OPEN).order_by("pk")
    return sum(_tell_unheard(number, now_ms) for number in waiting.values_list("pk", flat=True))


@transaction.atomic
def _tell_unheard(number: int, now_ms: int) -> int:
    case = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("building", "room")
        .get(pk=number)
    )
    minutes = number_at("theft.remind-after", case.opened_ms, Where(building=case.building.code))
    key = f"theft-{case.pk}-unheard"
    acknowledged_ms = None if case.state == Case.State.OPEN else case.opened_ms
    if not is_unheard(case.opened_ms, minutes, acknowledged_ms, now_ms):
        return 0
    if Notice.objects.filter(key=key).exists():
        return 0
    seen = case.steps.filter(kind=CaseStep.Kind.OPENED).first().facts.get("seen", "other")
    persons, offices = _electrician(case, now_ms)
    params = _params(case) | {"seen_word": SEEN_MSGIDS[seen], "minutes": minutes}
    notify(UNHEARD, params, to=[*TOLD_AGAIN, *offices], persons=persons, key=key, now_ms=now_ms)
    record_audit(
        actor=CENTRAL,
        action="theft-unheard",
        subject=str(case.pk),
        detail=f"{minutes} min",
        now_ms=now_ms,
    )
    return 1


def _electrician(case: Case, now_ms: int) -> tuple[list[int], list[str]]:
    """Give the building's electricians by name, and their office where it has a channel or nobody holds it."""
    persons = electricians_of(case.building_id, now_ms)
    has_channel = Channel.objects.filter(office=Role.ELECTRICIAN, is_active=True).exists()
    return persons, [Role.ELECTRICIAN] if has_channel or not persons else []


def _params(case: Case) -> dict[str, str | int]:
    link = reverse("losses:theft", args=[case.pk]) if case.kind == Case.Kind.THEFT else ""
    link = link or reverse("losses:case", args=[case.pk])
    return {"number": case.pk, "where": where_of(case), "link": link}


@dataclass(frozen=True, slots=True)
class Told:
    """One who was to be told: an office or a person, of what, since when, by which deliveries; none of them reached nobody."""

    who: str
    template: str
    asked_ms: int
    deliveries: tuple[Delivery, ...]


def told_of(case: Case) -> list[Told]:
    """Give who was told of a case, from the log of notices, by office and person as they were named."""
    keys = [f"theft-{case.pk}-reported", f"theft-{case.pk}-unheard"]
    keys += [f"case-{case.pk}-{finding}-found" for finding in FINDING_MSGIDS]
    notices = Notice.objects.filter(key__in=keys).order_by("at_ms", "pk")
    found = []
    for notice in notices:
        rows = list(notice.deliveries.select_related("channel__person").order_by("pk"))
        for name in notice.audience:
            his = tuple(row for row in rows if _is_for(row, name))
            found.append(Told(name, notice.template, notice.at_ms, his))
    return found


def _is_for(row: Delivery, name: str) -> bool:
    """Say whether a delivery is for an office or a person: by the office's channel, by a person's own mail."""
    person = row.channel.person
    if name in Role.values:
        return row.channel.office == name or (person is not None and person.role == name)
    return person is not None and person.get_username() == name
