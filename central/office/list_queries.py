"""Read lists for their pages: published ones with their state, drafts with what became of them, and who is asked to sign."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from central.campus.models import CustomerClass, Price
from central.domain.approval import chain_of, step_now
from central.office.acts import Content
from central.office.approvals import signed_of
from central.office.models import Approval, ListDraft, ListKind, PriceList, RepairList
from central.office.repair_lists import list_at
from central.office.setting_words import chain_text
from central.office.words import Badge

IN_FORCE = Badge(_("in force"), "good", "done")
PARTLY = Badge(_("partly in force"), "info", "done")
COMING = Badge(_("to come"), "info", "wait")
PAST = Badge(_("past"), "mute", "held")
DRAFT = Badge(_("draft"), "mute", "held")
REQUESTS = {
    Approval.State.WAITING: Badge(_("waiting for signatures"), "warn", "wait"),
    Approval.State.REJECTED: Badge(_("rejected"), "bad", "fail"),
    Approval.State.WITHDRAWN: Badge(_("withdrawn"), "mute", "held"),
    Approval.State.FAILED: Badge(_("approved, but could not be done"), "bad", "clash"),
    Approval.State.APPROVED: Badge(_("published"), "good", "done"),
}


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft, how it stands, and with whom."""

    draft: ListDraft
    badge: Badge
    note: str
    """Who is asked to sign now, or why it was not approved."""


@dataclass(frozen=True, slots=True)
class ListLine:
    """A published list and how it stands."""

    published: PriceList | RepairList
    badge: Badge
    what: str


def open_drafts(kind: str) -> list[DraftLine]:
    """Give the drafts that were not published, the latest first."""
    drafts = ListDraft.objects.filter(kind=kind).exclude(request__state=Approval.State.APPROVED)
    return [draft_line(draft) for draft in drafts.select_related("request", "author")]


def draft_line(draft: ListDraft) -> DraftLine:
    """Say how one draft stands."""
    if draft.request is None:
        return DraftLine(draft, DRAFT, "")
    return DraftLine(draft, REQUESTS[draft.request.state], request_note(draft.request))


def request_note(request: Approval) -> str:
    """Say with whom a request waits, or why it ended."""
    if request.state != Approval.State.WAITING:
        return request.outcome
    place = step_now(chain_of(request.chain), signed_of(request))
    return "" if place is None else chain_text([request.chain[place]])


def requests_of(draft: ListDraft) -> list[Approval]:
    """Give every request that was made with a draft, the newest first."""
    asked = Approval.objects.filter(act=draft.kind, content__draft=draft.pk)
    return list(asked.prefetch_related("signatures__person").select_related("asked_by"))


def prices_by_class(now_ms: int) -> list[tuple[CustomerClass, list[tuple[Price, Badge]]]]:
    """Give each class with its prices, newest first, each as coming, in force or past."""
    classes = CustomerClass.objects.select_related("tariff").prefetch_related(
        "tariff__prices__listed__price_list"
    )
    return [(one, _dated(list(one.tariff.prices.all()), now_ms)) for one in classes]


def _dated(prices: Sequence[Price], now_ms: int) -> list[tuple[Price, Badge]]:
    newest_first = sorted(prices, key=lambda price: -price.from_ms)
    now = next((price for price in newest_first if price.from_ms <= now_ms), None)
    return [(p, IN_FORCE if p is now else COMING if p.from_ms > now_ms else PAST) for p in newest_first]


def price_lists(now_ms: int) -> list[ListLine]:
    """Give the published electricity lists, the latest first: in force as far as no later list has taken over."""
    in_force = {
        price.pk for _one, dated in prices_by_class(now_ms) for price, badge in dated if badge is IN_FORCE
    }
    lists = PriceList.objects.prefetch_related("prices__price__tariff__classes").select_related("approval")
    return [_price_line(one, in_force, now_ms) for one in lists]


def _price_line(published: PriceList, in_force: set[int], now_ms: int) -> ListLine:
    prices = [listed.price for listed in published.prices.all()]
    names = [one.name for price in prices for one in price.tariff.classes.all()]
    holding = sum(price.pk in in_force for price in prices)
    badge = IN_FORCE if holding == len(prices) else PARTLY if holding else PAST
    if published.begins_ms > now_ms:
        badge = COMING
    return ListLine(published, badge, "、".join(names))


def repair_lists(now_ms: int) -> list[ListLine]:
    """Give the published repair lists, the latest first."""
    now = list_at(now_ms)
    lists = RepairList.objects.prefetch_related("items").select_related("approval")
    return [
        ListLine(
            one,
            COMING if one.begins_ms > now_ms else IN_FORCE if now == one else PAST,
            str(len(one.items.all())),
        )
        for one in lists
    ]


def list_of(
    model: type[PriceList] | type[RepairList], kind: str, content: Content
) -> PriceList | RepairList | None:
    """Give the list that a request became, by what it asked for; None while it waits or when it was not approved."""
    asked = model.objects.filter(approval__act=kind, approval__content__draft=content["draft"])
    return next((one for one in asked.select_related("approval") if one.approval.content == content), None)


def published_by(draft: ListDraft) -> PriceList | RepairList | None:
    """Give the list that a draft became."""
    model = PriceList if draft.kind == ListKind.PRICE else RepairList
    return model.objects.filter(approval=draft.request).first() if draft.request else None
