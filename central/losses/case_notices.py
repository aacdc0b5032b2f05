"""Who is told of a case: the electricians of its building, by name where they serve it, by office where none does (R-4.2.3)."""

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.losses.case_models import Case
from central.office.models import Channel
from central.office.notice_templates import Template, register
from central.office.notices import electricians_of, notify
from central.office.roles import Role

CASE_OPENED = "case-opened"
WORDS = {
    Case.Kind.LOSS: _("more is missing than the fixed loss"),
    Case.Kind.THEFT: _("reported theft"),
    Case.Kind.READING: _("readings disagree"),
    Case.Kind.METER: _("a meter or its wiring"),
}


def register_notices() -> None:
    """Add this app's templates."""
    register(
        CASE_OPENED,
        Template(
            _("Case opened"),
            _("Case %(number)s at %(building)s: %(kind_word)s"),
            (_("About: %(about)s"), _("%(text)s"), _("Look: %(link)s")),
        ),
    )


def tell_case_opened(case: Case, text: str, now_ms: int) -> int:
    """Queue the notice in the caller's transaction. A theft report tells by itself whom R-4.2.4 names."""
    if case.kind == Case.Kind.THEFT:
        return 0
    persons = electricians_of(case.building_id, now_ms)
    has_channel = Channel.objects.filter(office=Role.ELECTRICIAN, is_active=True).exists()
    return notify(
        CASE_OPENED,
        {
            "number": case.pk,
            "building": case.building.name,
            "kind_word": WORDS[Case.Kind(case.kind)],
            "about": case.about,
            "text": text,
            "link": reverse("losses:case", args=[case.pk]),
        },
        to=[Role.ELECTRICIAN] if has_channel or not persons else [],
        persons=persons,
        key=f"case-{case.pk}-opened",
        now_ms=now_ms,
    )
