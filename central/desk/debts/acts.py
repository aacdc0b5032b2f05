"""The act of writing a debt off: what its signers are shown, and that it is booked by the last signature (R-4.2.1)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account
from central.desk.debts.models import DebtShare
from central.desk.debts.operations import write_off
from central.desk.debts.paying import occupants_of_debt
from central.desk.debts.penalty_models import DebtPenalty
from central.desk.debts.refusals import Refused
from central.desk.debts.words import refusal_words
from central.domain.approval import Step
from central.domain.paper import Column, Kind, Row, Table
from central.office.acts import Act, Approved, Content, register
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.office.roles import ASK_REFUNDS, Role
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

WRITE_OFF = "debt-write-off"


def ask_write_off(
    account_code: str,
    share_id: int | None,
    amount_fen: int,
    key: str,
    *,
    why: str,
    actor: User,
    now_ms: int,
    penalty_id: int | None = None,
) -> Approval | ApprovalRefusal:
    """Ask that a sum of a debt is written off; the same `key` is the same request."""
    content = {"account": account_code, "share": share_id or 0, "fen": amount_fen}
    if penalty_id:
        content["penalty"] = penalty_id
    return ask(
        WRITE_OFF,
        content,
        subject=account_code,
        why=why,
        actor=actor,
        now_ms=now_ms,
        key=f"{WRITE_OFF}:{key}",
    )


def _carry_out(content: Content, approved: Approved) -> str:
    penalty = content.get("penalty") or None
    done = write_off(content["account"], content["share"] or None, content["fen"], approved, penalty)
    return refusal_words(done) if isinstance(done, Refused) else ""


def _show(content: Content) -> list[Table]:
    account = Account.objects.select_related("point__room__building").get(code=content["account"])
    share = DebtShare.objects.filter(pk=content["share"]).first()
    penalty = DebtPenalty.objects.filter(pk=content.get("penalty", 0)).first()
    people = (
        [share.name]
        if share
        else [penalty.names]
        if penalty
        else occupants_of_debt(account, account.closed_ms or account.opened_ms)
    )
    columns = [
        Column("room", _("Room"), width=10),
        Column("who", _("Who owes"), width=24),
        Column("sum", _("To be written off"), Kind.YUAN, 14),
    ]
    cells = [account.point.room.full_label, "、".join(people), content["fen"] * MICRO_YUAN_PER_FEN]
    return [Table("", columns, [Row(cells)])]


def _about(content: Content) -> str:
    account = Account.objects.select_related("point__room__building").filter(code=content["account"]).first()
    return account.point.room.full_label if account else content["account"]


def register_acts() -> None:
    """Make the act known when the app starts."""
    register(
        Act(
            code=WRITE_OFF,
            title=gettext_lazy("Writing a debt off"),
            roles=ASK_REFUNDS,
            chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,)), Step((Role.VP_NETWORK, Role.VP_LOGISTICS))),
            show=_show,
            carry_out=_carry_out,
            address=lambda content: reverse("desk:debt", args=[content["account"]]),
            about=_about,
            copies=(Role.CASHIER, Role.STUDENTS),
        )
    )
