"""Publish a list of electricity prices: all its classes or none, from its instant, never in arrears (R-4.1.3, C-9).

A list begins at its instant, or at the last signature when that comes later. A list so late that another one began meanwhile for
one of its classes can't be published: it would put an older price back.
"""

from django.db import transaction

from central.campus.models import CustomerClass, Price
from central.campus.operations import CampusRefusal, Refused, publish_price
from central.campus.queries import price_at, prices_at
from central.domain.price_form import write_price
from central.domain.price_list import ClassPrice, begins, class_price, is_overtaken
from central.ledger.operations import record_audit
from central.office.list_drafts import Rows, next_number
from central.office.list_refusals import NotPublished, PublishRefusal
from central.office.models import ListedPrice, ListKind, PriceList

CONSOLE = "console"


@transaction.atomic
def publish(
    prices: list[ClassPrice], from_ms: int, *, why: str, made_by: str, approval: int | None, now_ms: int
) -> PriceList | NotPublished:
    """Publish a list: one price per class, all from the same instant. Refused as a whole, by name."""
    begins_ms = begins(from_ms, now_ms)
    codes = [price.customer_class for price in prices]
    if not codes:
        return NotPublished(PublishRefusal.EMPTY)
    if len(set(codes)) != len(codes):
        return NotPublished(PublishRefusal.CLASS_TWICE, max(codes, key=codes.count))
    number = next_number(ListKind.PRICE)
    published: list[tuple[Price, Price | None]] = []
    for price in prices:
        done = _publish_one(price, from_ms, begins_ms, made_by, now_ms)
        if isinstance(done, NotPublished):
            transaction.set_rollback(True)
            return done
        published.append(done)
    made = PriceList.objects.create(
        number=number,
        asked_from_ms=from_ms,
        begins_ms=begins_ms,
        published_ms=now_ms,
        made_by=made_by,
        why=why,
        approval_id=approval,
    )
    for price, before in published:
        ListedPrice.objects.create(price_list=made, price=price, before=before)
    detail = f"{', '.join(codes)} from {begins_ms}: {why}"
    record_audit(
        actor=made_by,
        action="publish-price-list",
        subject=f"price list {number}",
        detail=detail[:400],
        now_ms=now_ms,
    )
    return made


def _publish_one(
    price: ClassPrice, from_ms: int, begins_ms: int, made_by: str, now_ms: int
) -> tuple[Price, Price | None] | NotPublished:
    found = CustomerClass.objects.filter(code=price.customer_class).first()
    if found is None:
        return NotPublished(CampusRefusal.UNKNOWN_CLASS, price.customer_class)
    if is_overtaken(from_ms, now_ms, begun_since([price], from_ms)):
        return NotPublished(PublishRefusal.OVERTAKEN, price.customer_class)
    before = price_at(found.tariff_id, begins_ms)
    done = publish_price(
        price.customer_class,
        write_price(price.micro_yuan_per_kwh),
        begins_ms,
        windows=price.windows,
        steps=price.steps,
        actor=made_by,
        now_ms=now_ms,
    )
    if isinstance(done, Refused):
        return NotPublished(done.why, price.customer_class, done.mistakes)
    return done, before


def publish_at_console(
    prices: list[ClassPrice], from_ms: int, *, why: str, now_ms: int
) -> PriceList | NotPublished:
    """Publish as whoever has the server's console may, without signatures: a new house has nobody to sign yet. On record."""
    return publish(prices, from_ms, why=why, made_by=CONSOLE, approval=None, now_ms=now_ms)


def begun_since(prices: list[ClassPrice], from_ms: int) -> list[int]:
    """Give the instants after one at which other prices of these classes begin."""
    codes = [price.customer_class for price in prices]
    later = Price.objects.filter(tariff__classes__code__in=codes, from_ms__gt=from_ms)
    return list(later.values_list("from_ms", flat=True))


def prices_in_force(at_ms: int) -> dict[str, ClassPrice]:
    """Give each class's price at an instant, by the class's code; a class without a price yet is missing."""
    classes = list(CustomerClass.objects.order_by("code"))
    found = prices_at([one.tariff_id for one in classes], at_ms)
    return {one.code: of_price(one.code, found[one.tariff_id]) for one in classes if one.tariff_id in found}


def of_price(class_code: str, price: Price) -> ClassPrice:
    """Give a stored price as a list has it."""
    return ClassPrice(class_code, price.micro_yuan_per_kwh, price.windows, price.steps)


def rows_in_force(at_ms: int) -> Rows:
    """Give what a new draft begins with: every class's price in force."""
    return [price.content() for price in prices_in_force(at_ms).values()]


def changed(rows: Rows, from_ms: int, now_ms: int) -> Rows:
    """Leave out the classes whose price stays as it will be at that instant."""
    before = prices_in_force(begins(from_ms, now_ms))
    return [row for row in rows if not class_price(row).costs_the_same(before.get(row["class"]))]
