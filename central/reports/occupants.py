"""Who occupied many accounts in a span, in one question: the last ones of each, by customer number."""

from datetime import date

from django.db.models import Q

from central.campus.models import Occupancy


def occupants_in(first: date, last: date, codes: set[str] | None = None) -> dict[str, str]:
    """Name by account who lived there on the last day of a span, or as the last ones within it; nobody known is missing."""
    there = Occupancy.objects.filter(Q(until_day=None) | Q(until_day__gte=first), from_day__lte=last)
    if codes is not None:
        there = there.filter(account__code__in=codes)
    rows = there.order_by("customer__number").values_list("account__code", "customer__name", "until_day")
    lasting: dict[str, dict[date, list[str]]] = {}
    for code, name, until_day in rows:
        until = min(until_day or last, last)
        lasting.setdefault(code, {}).setdefault(until, []).append(name)
    return {code: "、".join(by_end[max(by_end)]) for code, by_end in lasting.items()}
