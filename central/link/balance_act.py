"""The acts of merging and splitting balances: what their signer is shown, and that they are carried out as asked (C-4, R-B1)."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account
from central.domain.approval import Step
from central.domain.paper import Column, Row, Table
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from central.link.shared_balance import Refused, SharingRefusal, merge, split
from central.office.acts import Act, Approved
from central.office.roles import ASK_SHARED_BALANCES, SIGN_SHARED_BALANCES
from central.office.templatetags.cardroom import with_unit
from central.office.words import Words

MERGE, SPLIT = "merge-balance", "split-balance"
REFUSALS: dict[SharingRefusal, Words] = {
    SharingRefusal.NO_ROOMS: gettext_lazy("name the rooms"),
    SharingRefusal.NO_ACCOUNT: gettext_lazy("there is no such room with an open account; name rooms as 1-301"),
    SharingRefusal.ITSELF: gettext_lazy("a room can't pay from itself; name other rooms"),
    SharingRefusal.ACROSS_GATEWAYS: gettext_lazy("it is in another building; rooms of one building share a balance"),
    SharingRefusal.PAYER_PAYS_ELSEWHERE: gettext_lazy("the room that should pay pays from another one; name that one"),
    SharingRefusal.PAYS_FOR_OTHERS: gettext_lazy("others pay from it; split those first"),
    SharingRefusal.UNIT_DIFFERS: gettext_lazy("one balance is kept in yuan, the other in kWh"),
    SharingRefusal.NOT_PREPAID: gettext_lazy("only prepaid rooms share a balance"),
    SharingRefusal.OWES: gettext_lazy("it owes money of its own; let that be paid first"),
    SharingRefusal.CREDIT_UNDER_WAY: gettext_lazy("credit for it is on its way to the gateway; try again when it has arrived"),
    SharingRefusal.NOT_SHARED: gettext_lazy("it has its own balance already"),
    SharingRefusal.GATEWAY_OFFLINE: gettext_lazy("the building's gateway is not connected; try again when the link is back"),
    SharingRefusal.GATEWAY_BEHIND: gettext_lazy("the building's gateway has not taken its newest rules yet; try again soon"),
}  # fmt: skip


def acts() -> tuple[Act, Act]:
    """Give both acts as the office knows them."""
    chain = (Step(tuple(SIGN_SHARED_BALANCES)),)
    titles = {MERGE: gettext_lazy("Merge balances"), SPLIT: gettext_lazy("Split balances")}
    one, other = (
        Act(
            code,
            title,
            ASK_SHARED_BALANCES,
            chain,
            show,
            carry_out,
            lambda _content: reverse("link:balances"),
        )
        for code, title in titles.items()
    )
    return one, other


def carry_out(content: dict[str, Any], approved: Approved) -> str:
    """Merge or split as asked, or say in words why not."""
    return refusal_words(_done(content, approved.asked_by.get_username(), approved.now_ms))


def _done(content: dict[str, Any], actor: str, now_ms: int) -> Sequence[Account] | Refused:
    rooms: list[str] = content["rooms"]
    if content["payer"]:
        return merge(content["payer"], rooms, actor=actor, now_ms=now_ms)
    return split(rooms, actor=actor, now_ms=now_ms)


def why_not(content: dict[str, Any], now_ms: int) -> str:
    """Say why it could not be done now, or nothing: done, looked at, and taken back."""
    with transaction.atomic():
        done = _done(content, "", now_ms)
        transaction.set_rollback(True)
    return refusal_words(done)


def refusal_words(done: Sequence[Account] | Refused) -> str:
    """Say a refusal, with the room it is about; nothing when it was done."""
    if not isinstance(done, Refused):
        return ""
    words = str(REFUSALS[done.why])
    return f"{done.what}: {words}" if done.what else words


def show(content: dict[str, Any]) -> list[Table]:
    """Show each room with what it holds now and who pays for it, now and then."""
    payer: str = content["payer"]
    codes = [payer, *content["rooms"]] if payer else content["rooms"]
    columns = [
        Column("room", _("Room")),
        Column("class", _("Class"), width=16),
        Column("own", _("Own balance")),
        Column("now", _("Pays from now")),
        Column("then", _("Pays from then")),
    ]
    live = Account.objects.filter(point__code__in=codes).exclude(state=Account.State.CLOSED)
    found = {one.point.code: one for one in live.select_related("point__customer_class", "pays_from__point")}
    own = _("itself")
    rows = [
        Row(
            [
                code,
                found[code].point.customer_class.name if code in found else "–",
                _held(found[code]) if code in found else "–",
                found[code].pays_from.point.code if code in found and found[code].pays_from else own,
                payer if payer and code != payer else own,
            ]
        )
        for code in codes
    ]
    return [Table(_("Who pays from whose balance"), columns, rows)]


def _held(account: Account) -> str:
    unit = account.point.customer_class.unit
    rules = account.point.customer_class.buckets.filter(unit=unit)
    amount = sum(balances([chart.customer(account.code, rule.name, rule.unit) for rule in rules]).values())
    return with_unit(amount, unit)
