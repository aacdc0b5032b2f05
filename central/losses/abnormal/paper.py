"""The reviewed list as a paper: what goes upwards, and what its signers see. A room without a review is not on it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from central.clock import minute_text, start_of_day_ms
from central.domain.approval import Step
from central.domain.paper import Column, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.losses.abnormal.models import AbnormalReview, AbnormalRow
from central.losses.abnormal.operations import ACT, NOTICE, request_of
from central.losses.abnormal.queries import content_of_month, unreviewed
from central.losses.abnormal.words import reason_words
from central.office.acts import Act, Approved, Content, register
from central.office.notice_templates import Template
from central.office.notice_templates import register as register_notice
from central.office.roles import SEE_ABNORMAL, SEND_ABNORMAL, Role
from central.papers.catalogue import Report, add_reports
from central.papers.words import period_words


def table_of(content: Content) -> Table:
    """Give the list as it was frozen, with why each room is on it and what a person found out."""
    columns = [
        Column("room", _("Room"), width=10),
        Column("why", _("What was measured"), width=44),
        Column("review", _("Found out"), width=30),
        Column("by", _("Reviewed by"), width=16),
        Column("case", _("Case"), width=8),
    ]
    return Table(_("Rooms with unusual use"), columns, [_row(one) for one in content["rooms"]])


def _row(one: dict[str, Any]) -> Row:
    kind = AbnormalReview.Kind(one["kind"]).label
    links = {"room": reverse("losses:abnormal-row", args=[one["row"]])}
    case = {"case": reverse("losses:case", args=[one["case"]])} if one["case"] else {}
    return Row(
        [
            one["room"],
            " ".join(reason_words(one["reasons"], one["loss"])),
            f"{kind}: {one['text']}",
            f"{one['by']} {minute_text(one['at_ms'])}",
            str(one["case"] or ""),
        ],
        links | case,
    )


def build(period: Period) -> Paper:
    """Make a month's paper: as it was sent where it was, else what is reviewed so far."""
    month = f"{period.first:%Y-%m}"
    request = request_of(month)
    content = request.content if request else content_of_month(month)
    waiting = unreviewed(month)
    notes = [
        _(
            "Use that fell while the neighbours' did not. A list to look into: it says what was measured, and accuses nobody."
        )
    ]
    if waiting:
        notes.append(
            _("%(count)s rooms wait for their review and are not on this sheet.") % {"count": waiting}
        )
    return Paper(
        code=ACT,
        document="",
        title=_("Rooms with unusual use"),
        period=period_words(period),
        from_ms=start_of_day_ms(period.first),
        until_ms=start_of_day_ms(period.after),
        tables=[table_of(content)],
        recipients=[_("Network-centre director"), _("Vice-president")],
        signatures=[_("Card room"), _("Network-centre director"), _("Vice-president")],
        notes=notes,
    )


def _is_settled(period: Period) -> bool:
    return not unreviewed(f"{period.first:%Y-%m}")


def _show(content: Content) -> list[Table]:
    return [table_of(content)]


def _carry_out(content: Content, _approved: Approved) -> str:
    """Nothing is done but the signing itself; rooms that went since are no list to sign."""
    rows = [one["row"] for one in content["rooms"]]
    return "" if AbnormalRow.objects.filter(pk__in=rows).count() == len(rows) else _("There is no such list.")


def _address(content: Content) -> str:
    return f"{reverse('losses:abnormal')}?month={content['month']}"


def register_all() -> None:
    """Make act, report and notice known when the app starts."""
    register(
        Act(
            code=ACT,
            title=gettext_lazy("Rooms with unusual use"),
            roles=SEND_ABNORMAL,
            chain=(Step((Role.DIRECTOR,)), Step((Role.VP_NETWORK, Role.VP_LOGISTICS))),
            show=_show,
            carry_out=_carry_out,
            address=_address,
            copies=(Role.CASHIER,),
        )
    )
    add_reports(
        [
            Report(
                code=ACT,
                title=gettext_lazy("Rooms with unusual use"),
                about=gettext_lazy(
                    "Each month's reviewed list (R-3.5): what was measured, and what a person found out."
                ),
                periods=(PeriodKind.MONTH,),
                roles=SEE_ABNORMAL,
                build=build,
                is_settled=_is_settled,
            )
        ]
    )
    register_notice(
        NOTICE,
        Template(
            gettext_noop("Rooms with unusual use"),
            gettext_noop("Rooms with unusual use, %(month)s: the reviewed list"),
            (
                gettext_noop("%(rooms)s rooms reviewed; %(look)s of them are looked at on site"),
                gettext_noop("Look: %(link)s"),
            ),
        ),
    )
