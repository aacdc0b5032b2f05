"""The chain that a sealed report goes through (R-4.2.1): director, vice-president, finance; the card room files a copy.

Signing changes nothing of the paper: who signed is printed beside it, and finance keeps the original.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.clock import local
from central.domain.approval import Step
from central.domain.paper import Paper, Table
from central.office.acts import Act, Approved, Content, register
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.office.roles import SIGN_FOR_REPORTS, Role
from central.office.setting_words import office_word
from central.papers.models import SealedPaper
from central.papers.operations import content_of

ACT = "sealed-report"
RUNNING = (Approval.State.WAITING, Approval.State.APPROVED)


def ask_for_signatures(
    sealed: SealedPaper, *, why: str, actor: User, now_ms: int
) -> Approval | ApprovalRefusal:
    """Send a sealed report up the chain; one that is under way or signed is not sent again."""
    if (before := request_of(sealed)) is not None:
        return before
    content = {"number": sealed.number, "seal": sealed.seal}
    tries = Approval.objects.filter(act=ACT, subject=_subject(sealed)).count()
    key = f"{_subject(sealed)}, {tries + 1}"  # two who send it at once ask once
    return ask(ACT, content, subject=_subject(sealed), why=why, actor=actor, now_ms=now_ms, key=key)


def request_of(sealed: SealedPaper) -> Approval | None:
    """Give the request of a sealed report that is waiting or approved; one that was refused may be followed by another."""
    return Approval.objects.filter(act=ACT, subject=_subject(sealed), state__in=RUNNING).first()


def signature_notes(sealed: SealedPaper) -> list[str]:
    """Name who signed a report, for its foot; nothing until the chain is through."""
    request = request_of(sealed)
    if request is None or request.state != Approval.State.APPROVED:
        return []
    signed = [
        f"{office_word(one.office)} {one.person.spoken_name} {local(one.at_ms):%Y-%m-%d %H:%M}"
        for one in request.signatures.select_related("person")
    ]
    return [
        _("Signed, approval %(number)s: %(names)s") % {"number": request.number, "names": "; ".join(signed)}
    ]


def in_language(sealed: SealedPaper) -> Paper:
    """Give a sealed paper in the active language."""
    return content_of(sealed, get_language() or settings.LANGUAGE_CODE)


def _subject(sealed: SealedPaper) -> str:
    return f"sealed {sealed.number}"


def _sealed(content: Content) -> SealedPaper | None:
    return SealedPaper.objects.filter(pk=content["number"], seal=content["seal"]).first()


def _show(content: Content) -> list[Table]:
    sealed = _sealed(content)
    return in_language(sealed).tables if sealed else []


def _about(content: Content) -> str:
    sealed = _sealed(content)
    if sealed is None:
        return ""
    paper = in_language(sealed)
    return f"№ {sealed.number} {paper.title}, {paper.period}"


def _carry_out(content: Content, _approved: Approved) -> str:
    """Nothing is done but the signing itself: the paper stays as it was sealed."""
    return "" if _sealed(content) else _("There is no such sealed report.")


def register_act() -> None:
    """Make the act known when the app starts."""
    register(
        Act(
            code=ACT,
            title=lazy("Report to be signed"),
            roles=SIGN_FOR_REPORTS,
            chain=(
                Step((Role.DIRECTOR,)),
                Step((Role.VP_NETWORK, Role.VP_LOGISTICS)),
                Step((Role.FINANCE,)),
            ),
            show=_show,
            carry_out=_carry_out,
            address=lambda content: reverse("papers:sealed", args=[content["number"]]),
            about=_about,
            copies=(Role.CASHIER,),
        )
    )
