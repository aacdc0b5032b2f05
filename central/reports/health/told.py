"""Each minute: what is not good is noted with since when; what is bad for long is told, again each day, and when it ends."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.clock import minute_text
from central.domain.health_facts import Finding, Level
from central.domain.health_judgement import judge
from central.domain.notice import DAY_MS, MINUTE_MS
from central.link.pulse.models import LONGEST_SUBJECT, StandingFinding
from central.office.dated_settings import number_at
from central.office.notice_templates import Params, Template, register
from central.office.notices import notify, was_told
from central.office.roles import SEE_HEALTH
from central.reports.health.gathering import gather, keep_samples, limits
from central.reports.health.words import FINDINGS, sentences

BAD, OVER = "health-bad", "health-over"
KEPT_MS = 7 * DAY_MS
"""What has ended is shown no more, and forgotten after that."""


def register_notices() -> None:
    """Add this room's templates."""
    register(
        BAD,
        Template(
            _("The system is not well"),
            _("%(what_word)s"),
            (_("Since %(since)s. The whole picture: %(link)s"),),
            again_after_ms=DAY_MS,
            listed=_lines,
        ),
    )
    register(
        OVER,
        Template(
            _("The system is well again"),
            _("Over: %(what_word)s"),
            (_("It stood since %(since)s."),),
        ),
    )


def _lines(params: Params) -> list[str]:
    """Say why, and what to do, as the page does."""
    return [text for text in sentences(str(params.get("code", "")), params) if text]


def look_at_health(now_ms: int) -> int:
    """Keep samples, judge, note what stands and tell of it; give how many findings are bad."""
    keep_samples(now_ms)
    found = judge(gather(now_ms), limits(now_ms))
    note(found, now_ms)
    tell(now_ms, {key_of(one) for one in found if one.told_elsewhere})
    return sum(one.level is Level.BAD for one in found)


def key_of(finding: Finding) -> tuple[str, str]:
    """Give what a finding is kept under."""
    return finding.code, finding.subject[:LONGEST_SUBJECT]


def standing_since() -> dict[tuple[str, str], int]:
    """Give since when each finding stands that is not good, by its key."""
    standing = StandingFinding.objects.filter(ended_ms=None)
    return {
        (code, subject): since_ms
        for code, subject, since_ms in standing.values_list("code", "subject", "since_ms")
    }


def note(found: list[Finding], now_ms: int) -> None:
    """Keep since when each finding stands that is not good, and end those that are gone."""
    standing = {key_of(one): one for one in found if one.level is not Level.GOOD}
    rows = {(row.code, row.subject): row for row in StandingFinding.objects.all()}
    for key, finding in standing.items():
        row = rows.get(key) or StandingFinding(code=key[0], subject=key[1], since_ms=now_ms)
        if row.ended_ms is not None:
            row.since_ms, row.bad_since_ms, row.told_ms, row.ended_ms = now_ms, None, None, None
        is_bad = finding.level is Level.BAD
        row.bad_since_ms = (row.bad_since_ms or now_ms) if is_bad else None
        row.level, row.params = finding.level.value, dict(finding.params)
        row.save()
    for key, row in rows.items():
        if key not in standing and row.ended_ms is None:
            row.ended_ms = now_ms
            row.save(update_fields=["ended_ms"])
    StandingFinding.objects.filter(ended_ms__lt=now_ms - KEPT_MS).delete()


def tell(now_ms: int, told_elsewhere: set[tuple[str, str]]) -> None:
    """Queue notices of what is bad for long, and of what was told and is over."""
    after_ms = now_ms - number_at("health.tell-after", now_ms) * MINUTE_MS
    bad = StandingFinding.objects.filter(ended_ms=None, bad_since_ms__lte=after_ms)
    for row in bad:
        if (row.code, row.subject) not in told_elsewhere:
            _tell(row, now_ms)
    for row in StandingFinding.objects.exclude(told_ms=None).exclude(ended_ms=None):
        with transaction.atomic():
            notify(
                OVER, _params(row), to=SEE_HEALTH, key=f"health-over-{row.pk}-{row.since_ms}", now_ms=now_ms
            )
            StandingFinding.objects.filter(pk=row.pk).update(told_ms=None)


def _tell(row: StandingFinding, now_ms: int) -> None:
    if was_told(key := f"health-{row.pk}-{row.since_ms}", BAD, now_ms):
        return
    with transaction.atomic():
        params = {**_params(row), **row.params, "link": reverse("health:page")}
        notify(BAD, params, to=SEE_HEALTH, key=key, now_ms=now_ms)
        StandingFinding.objects.filter(pk=row.pk).update(told_ms=now_ms)


def _params(row: StandingFinding) -> dict[str, str | int]:
    known = FINDINGS.get(row.code)
    return {
        "code": row.code,
        "what_word": known.title if known else row.code,
        "since": minute_text(row.since_ms),
    }
