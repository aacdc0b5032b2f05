"""A delivery as a paper: against its order, and device by device with how its check ended."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.clock import campus_day, minute_text, start_of_day_ms
from central.domain.notice import DAY_MS
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.workshop.claims.words import finding_words
from central.workshop.goods.deliveries import source_of
from central.workshop.goods.models import Arrival, Delivery, GoodsCheck
from central.workshop.goods.queries import arrivals_of, order_row


def delivery_paper(delivery: Delivery) -> Paper:
    """Give the paper as it stands now."""
    day = campus_day(delivery.begun_ms)
    maker = (delivery.order or delivery.claim).maker
    tables = [_lines(delivery)] if delivery.order else []
    return Paper(
        code="delivery",
        document="",
        title=_("Delivery %(number)s of %(maker)s") % {"number": delivery.pk, "maker": maker.name},
        period=f"{day} · {source_of(delivery)}" + (f" · {delivery.note}" if delivery.note else ""),
        from_ms=start_of_day_ms(day),
        until_ms=start_of_day_ms(day) + DAY_MS,
        tables=[*tables, _devices(delivery)],
        signatures=[_("Store keeper"), _("Technician")],
    )


def _lines(delivery: Delivery) -> Table:
    columns = [
        Column("type", _("Device model"), width=40),
        Column("ordered", _("Ordered"), Kind.COUNT, 12),
        Column("came", pgettext("of an order", "Came"), Kind.COUNT, 12),
        Column("missing", pgettext("of an order", "Missing"), Kind.COUNT, 12),
    ]
    rows = [
        Row([one.type.name, one.ordered, one.came, one.missing]) for one in order_row(delivery.order).lines
    ]
    return Table(_("Against the order, all its deliveries together"), columns, rows)


def _devices(delivery: Delivery) -> Table:
    columns = [
        Column("number", _("Stock number"), width=12),
        Column("type", _("Device model"), width=20),
        Column("serial", _("Serial number"), width=20),
        Column("at", _("Entered at"), width=16),
        Column("check", pgettext("goods", "Check"), width=30),
        Column("remark", _("Remark"), width=20),
    ]
    arrivals = list(arrivals_of(delivery))
    checks = {
        one.device_id: one for one in GoodsCheck.objects.filter(device__in=[one.device for one in arrivals])
    }
    return Table(_("Devices"), columns, [_row(one, checks.get(one.device_id)) for one in arrivals])


def _row(one: Arrival, check: GoodsCheck | None) -> Row:
    device = one.device
    words = _("waits for its check") if check is None else _check_words(check)
    return Row([device.number, device.type.name, device.serial, minute_text(one.at_ms), words, one.remark])


def _check_words(check: GoodsCheck) -> str:
    found = [
        finding_words(one["what"]) + (f" ({one['text']})" if one["text"] else "") for one in check.findings
    ]
    said = [str(check.get_outcome_display()), str(check.get_identity_display()), *found]
    return " · ".join(said)
