"""A claim as a paper with its photographs, and the list of claims: what was asked of whom, and what came of it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.clock import campus_day, minute_text, start_of_day_ms
from central.domain.notice import DAY_MS
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.workshop.claims.letter import text_of
from central.workshop.claims.models import Claim, ClaimStep
from central.workshop.claims.queries import Row as ClaimRow
from central.workshop.claims.words import found_words, step_lines


def claim_paper(claim: Claim) -> Paper:
    """Give one claim: its text, its devices, what was done about it."""
    day = campus_day(claim.opened_ms)
    return Paper(
        code="claim",
        document="",
        title=_("Claim %(number)s to %(maker)s") % {"number": claim.pk, "maker": claim.maker.name},
        period=f"{day} · {claim.get_state_display()}",
        from_ms=start_of_day_ms(day),
        until_ms=start_of_day_ms(day) + DAY_MS,
        tables=[_text(claim), _devices(claim), _steps(claim)],
        signatures=[_("Store keeper"), _("Network-centre director")],
        notes=[
            _(
                "Photographs are named by the SHA-256 of the file as it was received; they are printed smaller."
            )
        ],
    )


def claims_paper(rows: Sequence[ClaimRow], now_ms: int) -> Paper:
    """Give the list of claims, as `queries` counts their devices, as it stands now."""
    day = campus_day(now_ms)
    columns = [
        Column("number", _("Claim"), Kind.COUNT, 8),
        Column("maker", _("Maker"), width=20),
        Column("devices", _("Devices"), Kind.COUNT, 8),
        Column("opened", _("Begun on"), width=12),
        Column("sent", _("Sent on"), width=12),
        Column("called", _("Telephoned on"), width=12),
        Column("state", _("State"), width=18),
        Column("promise", _("What the maker does"), width=20),
        Column("due", pgettext("a day", "until"), width=12),
        Column("closed", _("Closed on"), width=12),
    ]
    return Paper(
        code="claims",
        document="",
        title=_("Claims to makers"),
        period=str(day),
        from_ms=start_of_day_ms(day),
        until_ms=start_of_day_ms(day) + DAY_MS,
        tables=[Table("", columns, [_claim_row(one) for one in rows])],
        signatures=[_("Store keeper"), _("Network-centre director")],
    )


def _claim_row(row: ClaimRow) -> Row:
    claim = row.claim
    days = [_day(claim.opened_ms), _day(claim.sent_ms), _day(claim.called_ms)]
    state = str(claim.get_state_display())
    if row.lacks_call:
        state = f"{state} · {_('no call logged')}"
    if row.overdue_since:
        state = f"{state} · {_('overdue')}"
    promise = str(claim.get_promise_display())
    due = str(claim.due_day or "")
    return Row([claim.pk, claim.maker.name, claim.count, *days, state, promise, due, _day(claim.closed_ms)])


def _day(at_ms: int | None) -> str:
    return str(campus_day(at_ms)) if at_ms else ""


def _text(claim: Claim) -> Table:
    lines = [Row([line]) for line in text_of(claim).splitlines() if line.strip()]
    return Table(_("Text"), [Column("line", _("As it is sent"), width=100)], lines)


def _devices(claim: Claim) -> Table:
    columns = [
        Column("number", _("Stock number"), width=12),
        Column("type", _("Device model"), width=18),
        Column("serial", _("Serial number"), width=18),
        Column("finding", _("What was found"), width=36),
        Column("end", pgettext("goods", "What became of it"), width=16),
    ]
    rows = []
    for one in claim.devices.select_related("device__type"):
        device, end = one.device, str(one.get_end_display())
        rows.append(Row([device.number, device.type.name, device.serial, found_words(one), end]))
    return Table(_("Devices"), columns, rows)


def _steps(claim: Claim) -> Table:
    columns = [
        Column("at", _("When"), width=16),
        Column("what", _("What"), width=18),
        Column("by", _("Who"), width=12),
        Column("said", _("Said"), width=54),
    ]
    return Table(_("What happened"), columns, [_step(one) for one in claim.steps.select_related("by")])


def _step(one: ClaimStep) -> Row:
    by = one.by.spoken_name if one.by else _("the system")
    said = " · ".join(filter(None, [*step_lines(one), one.text]))
    return Row([minute_text(one.at_ms), str(one.get_kind_display()), by, said])
