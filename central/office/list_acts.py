"""Price list and repair list as acts that people sign, and what their drafts become (R-4.1.3, R-4.2.1)."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from central.campus.models import CustomerClass
from central.domain.approval import Step
from central.domain.price_list import ClassPrice, class_price
from central.domain.repair_list import Item
from central.domain.repair_list import item as read_item
from central.office import price_comparison, price_lists, repair_comparison, repair_lists
from central.office.acts import Act, Approved, Content, register
from central.office.list_drafts import Rows, WayToPublish, add_way
from central.office.list_refusals import NotPublished
from central.office.list_words import refusal_words
from central.office.models import ListKind, PriceList, RepairList, User
from central.office.roles import SET_PRICES, Role

CHAIN = (Step((Role.DIRECTOR,)), Step((Role.VP_NETWORK, Role.VP_LOGISTICS)), Step((Role.FINANCE,)))
REHEARSAL = "rehearsal"


def _publish(
    kind: str, content: Content, *, why: str, made_by: str, approval: int | None, now_ms: int
) -> PriceList | RepairList | NotPublished:
    common = {"why": why, "made_by": made_by, "approval": approval, "now_ms": now_ms}
    if kind == ListKind.PRICE:
        return price_lists.publish(prices_of(content), content["from_ms"], **common)
    return repair_lists.publish(items_of(content), content["from_ms"], **common)


def prices_of(content: Content) -> list[ClassPrice]:
    """Read the prices of a request."""
    return [class_price(row) for row in content["rows"]]


def items_of(content: Content) -> list[Item]:
    """Read the items of a request."""
    return [read_item(row) for row in content["rows"]]


def address_of(content: Content) -> str:
    """Give the page that shows the draft of a request; published, it leads on to the list."""
    return reverse("office:list-compare", args=[content["draft"]])


def _about(content: Content) -> str:
    """Name the classes, or count the items, in the reader's language: the request's subject holds codes, in the asker's."""
    codes = [row["class"] for row in content["rows"] if "class" in row]
    if not codes:
        return str(_("%(count)d items")) % {"count": len(content["rows"])}
    names = dict(CustomerClass.objects.filter(code__in=codes).values_list("code", "name"))
    return str(_(", ")).join(names.get(code, code) for code in codes)


def _act(kind: ListKind, title: object, show: object) -> Act:
    def carry_out(content: Content, approved: Approved) -> str:
        done = _publish(
            kind,
            content,
            why=approved.why,
            made_by=approved.asked_by.get_username(),
            approval=approved.number,
            now_ms=approved.now_ms,
        )
        return refusal_words(done) if isinstance(done, NotPublished) else ""

    return Act(
        code=kind.value,
        title=title,
        roles=SET_PRICES,
        chain=CHAIN,
        show=show,
        carry_out=carry_out,
        address=address_of,
        about=_about,
        copies=(Role.CASHIER,),
    )


def _way(kind: ListKind) -> WayToPublish:
    def rehearse(content: Content, actor: User, now_ms: int) -> str:
        """Publish and take it back: what can't be published is not even asked for."""
        with transaction.atomic():
            done = _publish(
                kind, content, why=REHEARSAL, made_by=actor.get_username(), approval=None, now_ms=now_ms
            )
            transaction.set_rollback(True)
        return refusal_words(done) if isinstance(done, NotPublished) else ""

    def subject(rows: Rows) -> str:
        if kind == ListKind.PRICE:
            return ", ".join(row["class"] for row in rows)
        return str(_("%(count)d items")) % {"count": len(rows)}

    changed = price_lists.changed if kind == ListKind.PRICE else repair_lists.changed
    return WayToPublish(changed, rehearse, subject)


def register_acts() -> None:
    """Make the acts and their drafts known when the app starts."""
    register(_act(ListKind.PRICE, _("Electricity price list"), price_comparison.show))
    register(_act(ListKind.REPAIR, _("Repair price list"), repair_comparison.show))
    for kind in ListKind:
        add_way(kind, _way(kind))
