"""Minimum stock: told once when fewer good devices of a model are left than its minimum, until there are enough again."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.ledger.one_writer import lock_head
from central.office.notice_templates import Template, register
from central.office.notices import notify
from central.office.roles import Role
from central.workshop.devices.models import DeviceType
from central.workshop.devices.queries import good_by_type
from central.workshop.stock.models import ShortStock

SHORT_STOCK = "short-stock"
TOLD = (Role.STORE, Role.DIRECTOR)


def register_notices() -> None:
    """Add this room's template."""
    register(
        SHORT_STOCK,
        Template(
            _("Stock below its minimum"),
            _("Too few good ones in stock: %(model)s, %(good)s left, at least %(least)s wanted"),
            (_("Maker: %(maker)s"), _("Order more, or see to the repairs: %(link)s")),
        ),
    )


def tell_of_short_stock(now_ms: int) -> int:
    """Compare each model's good ones with its minimum; tell of what fell below, note what is enough again. Give how many fell.

    It looks at what is there, not at what was done: whatever led below, and whatever was down meanwhile, it is told.
    """
    types = list(good_by_type())
    open_now = {one.type_id: one for one in ShortStock.objects.filter(ended_ms=None)}
    short = {one.pk: one for one in types if one.good < one.least_good}
    fell = [one for key, one in short.items() if key not in open_now]
    over = [one for key, one in open_now.items() if key not in short]
    if not fell and not over:
        return 0
    with transaction.atomic():
        lock_head()
        ShortStock.objects.filter(pk__in=[one.pk for one in over], ended_ms=None).update(ended_ms=now_ms)
        return sum(_tell(one, now_ms) for one in fell)


def short_types() -> list[DeviceType]:
    """Give the models of which too few good ones are in stock now, each with `good`."""
    return [one for one in good_by_type() if one.good < one.least_good]


def _tell(one: DeviceType, now_ms: int) -> int:
    row, is_new = ShortStock.objects.get_or_create(
        type=one, ended_ms=None, defaults={"since_ms": now_ms, "good": one.good, "least": one.least_good}
    )
    if is_new:
        notify(
            SHORT_STOCK,
            {
                "model": f"{one.code} {one.name}",
                "good": one.good,
                "least": one.least_good,
                "maker": f"{one.maker.name} {one.maker.phone}".strip(),
                "link": f"{reverse('workshop:stock')}?type={one.code}",
            },
            to=TOLD,
            key=f"{SHORT_STOCK}-{row.pk}",
            now_ms=now_ms,
        )
    return int(is_new)
