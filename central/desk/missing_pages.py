"""Pages of a batch whose paper is not there (R-4.1.8): named with the batch, received only after the offices signed for it."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.day_models import HandIn, HandInEnd
from central.desk.hand_in_models import HandInPages
from central.domain.approval import Step
from central.domain.paper import Column, Row, Table
from central.domain.receipt_book import runs_text
from central.office.acts import Act, Approved
from central.office.approvals import ask
from central.office.models import Approval, User
from central.office.roles import HAND_IN, Role

ACT = "missing-pages"


def ask_for_missing(made: HandIn, by: User, now_ms: int) -> None:
    """Ask for signatures when pages of a batch are not there; inside the batch's transaction."""
    if _missing_of(made.pk).exists():
        content = {"batch": made.pk}
        ask(ACT, content, subject=_subject(made.pk), why=made.reason, actor=by, now_ms=now_ms)


def pages_wait(made: HandIn) -> bool:
    """Say whether pages of a batch are not there and nobody has signed for that yet."""
    if not _missing_of(made.pk).exists():
        return False
    return not Approval.objects.filter(
        act=ACT, subject=_subject(made.pk), state=Approval.State.APPROVED
    ).exists()


def request_for(made: HandIn) -> Approval | None:
    """Give the newest request about a batch's missing pages."""
    return Approval.objects.filter(act=ACT, subject=_subject(made.pk)).order_by("-number").first()


def _subject(number: int) -> str:
    return f"hand-in-{number}"


def _missing_of(number: int):
    return HandInPages.objects.filter(hand_in=number, kind=HandInPages.Kind.MISSING).select_related("book")


def show(content: Mapping[str, Any]) -> list[Table]:
    """Show the signer which pages are not there, and what was said about it."""
    columns = [
        Column("book", _("Book"), width=12),
        Column("pages", _("Pages"), width=12),
        Column("reason", _("Reason"), width=30),
    ]
    rows = [
        Row([one.book.number, runs_text(one.pages), one.reason])
        for one in _missing_of(content["batch"]).order_by("book__number", "first")
    ]
    return [Table("", columns, rows)]


def carry_out(content: Mapping[str, Any], _approved: Approved) -> str:
    """Nothing is booked: the request itself is what lets finance receive the batch. A batch that was sent back needs none."""
    sent_back = HandInEnd.objects.filter(hand_in=content["batch"], received=False)
    return _("The batch was sent back: it is handed in anew.") if sent_back.exists() else ""


def _barred(content: Mapping[str, Any]) -> frozenset[int]:
    return frozenset(HandIn.objects.filter(pk=content["batch"]).values_list("handed_in_by", flat=True))


def _about(content: Mapping[str, Any]) -> str:
    return _("Batch %(number)s") % {"number": content["batch"]}


MISSING_PAGES = Act(
    code=ACT,
    title=gettext_lazy("Missing receipt pages"),
    roles=HAND_IN,
    chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,))),
    show=show,
    carry_out=carry_out,
    address=lambda content: reverse("desk:hand-in", args=[content["batch"]]),
    about=_about,
    barred=_barred,
    copies=(Role.CASHIER,),
)
