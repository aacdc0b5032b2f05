"""The evidence's money: requests with their signatures, the charge, receipts, the appeal and what came of it."""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.desk.receipt_proof import digits_of
from central.ledger.models import AuditEntry
from central.losses.theft.proof import Line, place_of, transfer_place
from central.losses.theft.reading import Theft
from central.office.acts import act_of
from central.office.models import Approval
from central.office.roles import Role
from central.office.templatetags.cardroom import fen, kwh, receipt_number

Moment = Callable[[int | None], str]


def request_rows(theft: Theft, moment: Moment) -> Iterable[Line]:
    """Give each request with who asked why, who signed, and the hash of what was signed."""
    for asked in theft.requests:
        act = act_of(asked.act)
        title = str(act.title) if act else asked.act
        entries = list(AuditEntry.objects.filter(subject=f"approval {asked.number}").order_by("position"))
        what = f"{title} № {asked.number}；{asked.asked_by.spoken_name}；{asked.why}；SHA-256 {asked.content_hash}"
        yield Line(_("Asked for"), moment(asked.asked_ms), what, place_of(entries[0]) if entries else "")
        yield from _signatures(asked, [one for one in entries if one.action in ("approve", "reject")], moment)
        if asked.outcome:
            yield Line(str(asked.get_state_display()), moment(asked.ended_ms), asked.outcome, "")


def _signatures(asked: Approval, entries: list[AuditEntry], moment: Moment) -> Iterable[Line]:
    for place, one in enumerate(asked.signatures.select_related("person").order_by("pk")):
        said = _("Signed") if one.approve else _("Refused")
        what = f"{one.person.spoken_name} ({Role(one.office).label})；{one.reason}".rstrip("；")
        yield Line(said, moment(one.at_ms), what, place_of(entries[place]) if place < len(entries) else "")


def charge_rows(theft: Theft, moment: Moment) -> Iterable[Line]:
    """Give the charge as it was booked, and what was paid of it."""
    if theft.money is None:
        return
    penalty, unit, of_energy = theft.money.penalty, _("yuan"), pgettext("unit", "kWh")
    what = f"{kwh(penalty.energy_wh)} {of_energy} · {fen(penalty.amount_fen)} {unit}；{penalty.names}；{penalty.account.code}"
    yield Line(_("Charged"), moment(penalty.at_ms), what, transfer_place(f"penalty:{penalty.approval}"))
    for paid in theft.money.paid:
        number = receipt_number(paid.receipt.number)
        words = {"number": number, "digits": digits_of(paid.receipt)}
        what = _("receipt %(number)s, proved by %(digits)s") % words
        what = f"{fen(paid.amount_fen)} {unit}；{what}；{paid.cashier.spoken_name}"
        yield Line(_("Paid"), moment(paid.at_ms), what, transfer_place(f"debt-paid:{paid.pk}"))
    for off in theft.money.written_off:
        what = f"{fen(off.amount_fen)} {unit}；№ {off.approval}；{off.why}"
        yield Line(_("Written off"), moment(off.at_ms), what, transfer_place(f"written-off:{off.approval}"))
    yield Line(_("Still owed"), "", f"{fen(theft.money.due_fen)} {unit}", "")


def appeal_rows(theft: Theft, moment: Moment) -> Iterable[Line]:
    """Give the appeal, its decision, and what was paid back."""
    appeal, end, unit = theft.appeal, theft.appeal_end, _("yuan")
    if appeal is None:
        return
    entry = AuditEntry.objects.filter(subject=str(theft.case.pk), action="appeal-penalty").first()
    pictures = "、".join(digest[:16] for digest in appeal.photos)
    photos = _("photographs: %(digests)s") % {"digests": pictures} if pictures else ""
    what = " · ".join(filter(None, (appeal.who, appeal.text, photos, appeal.by.spoken_name)))
    yield Line(_("Appeal"), moment(appeal.at_ms), what, place_of(entry))
    if end is None:
        return
    entry = AuditEntry.objects.filter(subject=str(theft.case.pk), action="decide-appeal").first()
    energy = f"{kwh(end.energy_wh)} {pgettext('unit', 'kWh')}"
    what = f"{end.get_outcome_display()}：{energy} · {fen(end.amount_fen)} {unit}；№ {end.approval}"
    yield Line(_("Decision"), moment(end.at_ms), what, place_of(entry))
    change = theft.money.change if theft.money else None
    back = getattr(change, "paid_back", None)
    if back is not None:
        what = f"{fen(back.amount_fen)} {unit}；{back.by.spoken_name}"
        place = transfer_place(f"pay-out:penalty-back-{theft.case.pk}")
        yield Line(_("Paid back"), moment(back.at_ms), what, place)
