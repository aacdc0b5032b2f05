"""A list of electricity prices beside what it takes over from: old, new, the difference, and what a room's month would cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _

from central import clock
from central.campus.models import CustomerClass, MeteringPoint
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.domain.price_list import (
    ClassPrice,
    begins,
    class_price,
    difference_ppm,
    is_overtaken,
    month_cost,
)
from central.office.acts import Content
from central.office.list_queries import list_of
from central.office.list_refusals import NotPublished, PublishRefusal
from central.office.list_words import begin_words, refusal_words, steps_words, windows_words
from central.office.models import ListKind, PriceList
from central.office.price_lists import begun_since, of_price, prices_in_force
from central.office.templatetags.cardroom import NOTHING
from central.office.typical_use import typical_month_wh

Pair = tuple[ClassPrice | None, ClassPrice]


@dataclass(frozen=True, slots=True)
class About:
    """What a comparison shows beside the prices, by class code."""

    names: Mapping[str, str]
    rooms: Mapping[str, int]
    month_wh: Mapping[str, int]


def show(content: Content) -> list[Table]:
    """Give the whole of a request as tables: when it begins, and what it changes as of now."""
    now_ms = clock.now_ms()
    if (published := list_of(PriceList, ListKind.PRICE, content)) is not None:
        return published_tables(published)
    new = [class_price(row) for row in content["rows"]]
    before = prices_in_force(begins(content["from_ms"], now_ms))
    pairs = [(before.get(price.customer_class), price) for price in new]
    facts = [
        Row([_("In force from"), begin_words(content["from_ms"], now_ms)]),
        Row([_("Rooms concerned"), str(sum(about([p.customer_class for p in new], 0).rooms.values()))]),
    ]
    if is_overtaken(content["from_ms"], now_ms, begun_since(new, content["from_ms"])):
        facts.append(Row([_("Can't be published"), refusal_words(NotPublished(PublishRefusal.OVERTAKEN))]))
    columns = [Column("what", _("What"), width=16), Column("value", _("It says"), width=60)]
    return [Table("", columns, facts), *tables(pairs, now_ms)]


def published_tables(published: PriceList) -> list[Table]:
    """Give a published list beside what it took over from."""
    pairs: list[Pair] = []
    listed = published.prices.select_related("price__tariff", "before").prefetch_related(
        "price__tariff__classes"
    )
    for row in listed:
        for one in row.price.tariff.classes.all():
            old = of_price(one.code, row.before) if row.before else None
            pairs.append((old, of_price(one.code, row.price)))
    return tables(pairs, 0)


def about(codes: list[str], now_ms: int) -> About:
    """Read names, rooms, and (with an instant) a typical month of classes."""
    names = dict(CustomerClass.objects.filter(code__in=codes).values_list("code", "name"))
    counted = MeteringPoint.objects.filter(customer_class__code__in=codes).values_list("customer_class__code")
    return About(
        names, dict(counted.annotate(Count("pk"))), typical_month_wh(codes, now_ms) if now_ms else {}
    )


def tables(pairs: list[Pair], now_ms: int) -> list[Table]:
    """Give the comparison, and a second table where the time of the week or the month's use has a price of its own."""
    known = about([new.customer_class for _old, new in pairs], now_ms)
    found = [
        Table(
            _("Compared with the last prices"),
            _columns(bool(known.month_wh)),
            [_row(old, new, known) for old, new in pairs],
        )
    ]
    parts = [_parts_row(old, new, known) for old, new in pairs if _has_parts(old) or _has_parts(new)]
    if parts:
        columns = [
            Column("class", _("Class"), width=14),
            Column("part", _("Part"), width=12),
            Column("old", _("So far"), width=36),
            Column("new", _("New"), width=36),
        ]
        found.append(Table(_("Times of the week and steps"), columns, [row for two in parts for row in two]))
    return found


def _columns(with_month: bool) -> list[Column]:
    month = [
        Column("used", _("A room's last month (kWh)"), Kind.KWH, 14),
        Column("cost", _("It cost (yuan)"), Kind.YUAN, 10),
        Column("will-cost", _("It will cost (yuan)"), Kind.YUAN, 10),
    ]
    return [
        Column("class", _("Class"), width=16),
        Column("rooms", _("Rooms"), Kind.COUNT, 8),
        Column("old", _("So far (yuan/kWh)"), Kind.PRICE, 12),
        Column("new", _("New (yuan/kWh)"), Kind.PRICE, 12),
        Column("difference", _("Difference"), Kind.PRICE, 10),
        Column("percent", _("Percent"), Kind.PERCENT, 9),
        *(month if with_month else []),
    ]


def _row(old: ClassPrice | None, new: ClassPrice, known: About) -> Row:
    code, price = new.customer_class, new.micro_yuan_per_kwh
    before = None if old is None else old.micro_yuan_per_kwh
    cells: list[Cell] = [
        known.names.get(code, code),
        known.rooms.get(code, 0),
        before,
        price,
        None if before is None else price - before,
        None if before is None else difference_ppm(before, price),
    ]
    return Row([*cells, *_month(old, new, known)])


def _month(old: ClassPrice | None, new: ClassPrice, known: About) -> list[Cell]:
    """Give what a room of the class used, what it cost and will cost; nothing when no class's use is known."""
    if not known.month_wh:
        return []
    used_wh = known.month_wh.get(new.customer_class)
    if used_wh is None:
        return [None, None, None]
    return [used_wh, None if old is None else month_cost(old, used_wh), month_cost(new, used_wh)]


def _has_parts(price: ClassPrice | None) -> bool:
    return price is not None and bool(price.windows or price.steps)


def _parts_row(old: ClassPrice | None, new: ClassPrice, known: About) -> list[Row]:
    name = known.names.get(new.customer_class, new.customer_class)
    windows = (windows_words(old.windows) if old else "", windows_words(new.windows))
    steps = (steps_words(old.steps) if old else "", steps_words(new.steps))
    both = ((_("times of the week"), windows), (_("steps"), steps))
    return [Row([name, part, before or NOTHING, after or NOTHING]) for part, (before, after) in both]
