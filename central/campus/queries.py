"""Read the campus: prices at an instant, who occupies what, the account of a room."""

from collections.abc import Iterable

from central.campus.models import Account, Occupancy, Price
from central.clock import campus_day
from central.prepared import Prepared

_PRICE_AT = Prepared(
    lambda tariff, at_ms: Price.objects.filter(tariff=tariff, from_ms__lte=at_ms).order_by("-from_ms")[:1],
    int,
    int,
)
_OCCUPANTS = Prepared(
    lambda account: Occupancy.objects.filter(account=account).values_list(
        "customer__number", "customer__name", "from_day", "until_day"
    ),
    int,
)
_BUILDING_OF = Prepared(
    lambda code: Account.objects.filter(code=code).values_list("point__room__building", flat=True), str
)


def price_at(tariff_id: int, instant_ms: int) -> Price | None:
    """Give a tariff's price in force at an instant (C-9); None before its first one."""
    return _PRICE_AT.first(tariff_id, instant_ms)


def prices_at(tariff_ids: Iterable[int], instant_ms: int) -> dict[int, Price]:
    """Give the prices in force of several tariffs, by tariff; one without a price yet is missing."""
    begun = Price.objects.filter(tariff__in=set(tariff_ids), from_ms__lte=instant_ms)
    return {price.tariff_id: price for price in begun.order_by("from_ms")}


def occupant_names(account: Account, instant_ms: int) -> list[str]:
    """Name an account's occupants on the day of an instant, sorted by customer number."""
    day = campus_day(instant_ms)
    lasting = [
        (number, name)
        for number, name, first, until in _OCCUPANTS.rows(account.pk)
        if first <= day and (until is None or until >= day)
    ]
    return [name for _number, name in sorted(lasting, key=lambda one: one[0])]


def payer_code(account_code: str) -> str:
    """Give the code of the account that money for this one is booked to: its own, or that of the one it pays from (C-4)."""
    payer = Account.objects.filter(code=account_code).values_list("pays_from__code", flat=True).first()
    return payer or account_code


def building_of(account_code: str) -> int | None:
    """Give the key of the building that an account is in, and with it the one it pays from (C-4); None for an unknown code."""
    return _BUILDING_OF.first(account_code)


def account_at(point_code: str, instant_ms: int) -> Account | None:
    """Give the account of a metering point at an instant: a receipt or reading belongs to who lived there then (C-4)."""
    return (
        Account.objects.filter(point__code=point_code, opened_ms__lte=instant_ms)
        .order_by("-opened_ms")
        .first()
    )


def live_account(point_code: str) -> Account | None:
    """Give the account of a metering point that is not closed."""
    return Account.objects.filter(point__code=point_code).exclude(state=Account.State.CLOSED).first()
