"""What stands beside the money in a bill: registers and swaps of its meters, prices, receipts, the relay, the group."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from central.campus.meter_groups import groups_of
from central.campus.models import Account, Building, Price
from central.desk.models import Receipt
from central.domain.bill_content import EventRow, GroupRow, PriceRow, ReceiptRow, RegisterRow, SwapRow
from central.link.models import MeterSwap, PeriodRegister
from central.link.telemetry.models import DecisionEvent, RelayEvent
from central.losses.balances.groups import groups_with_meter
from central.losses.balances.queries import balance_of

MOST_EVENTS = 2_000


def meters_of(account: Account, until_ms: int) -> list[str]:
    """Give the meters that were tied to an account before an instant, in order."""
    ties = account.bindings.filter(from_ms__lt=until_ms).order_by("from_ms")
    return list(dict.fromkeys(ties.values_list("meter__meter_no", flat=True)))


def registers_of(account: str, from_ms: int, until_ms: int) -> list[RegisterRow]:
    """Give the registers told at closing instants, the period's own edges included."""
    found = PeriodRegister.objects.filter(account=account, period_ms__gte=from_ms, period_ms__lte=until_ms)
    return [
        RegisterRow(
            one.meter,
            one.period_ms,
            one.register_wh,
            one.uncertainty_wh,
            one.method,
            one.at_ms,
            one.raw_frame,
        )
        for one in found.order_by("period_ms", "meter")
    ]


def swaps_of(account: str, from_ms: int, until_ms: int) -> list[SwapRow]:
    """Give the meters that were replaced."""
    found = MeterSwap.objects.filter(account=account, at_ms__gte=from_ms, at_ms__lt=until_ms)
    return [
        SwapRow(**{name: getattr(one, name) for name in SwapRow.__struct_fields__})
        for one in found.order_by("at_ms", "pk")
    ]


def prices_of(tariffs: Iterable[int], versions: Iterable[str], from_ms: int, until_ms: int) -> list[PriceRow]:
    """Give the prices in force at some time of a period, and any that an entry names."""
    chosen = Q(version__in=set(versions))
    for tariff in tariffs:
        of_tariff = Price.objects.filter(tariff=tariff)
        first = of_tariff.filter(from_ms__lte=from_ms).order_by("-from_ms").first()
        within = Q(tariff=tariff, from_ms__gt=from_ms, from_ms__lt=until_ms)
        chosen |= within | Q(pk=first.pk) if first else within
    found = Price.objects.filter(chosen).select_related("tariff").order_by("from_ms", "version")
    return [
        PriceRow(
            one.version,
            one.tariff.code,
            one.from_ms,
            one.micro_yuan_per_kwh,
            list(one.windows),
            list(one.steps),
        )
        for one in found
    ]


def receipts_of(account: str, from_ms: int, until_ms: int) -> list[ReceiptRow]:
    """Give the receipts of an account, those made void too."""
    found = Receipt.objects.filter(payment__account__code=account, at_ms__gte=from_ms, at_ms__lt=until_ms)
    return [
        ReceiptRow(
            one.number,
            one.payment_id,
            one.payment.purpose,
            one.payment.method,
            one.amount_fen,
            one.at_ms,
            one.cashier_name,
            hasattr(one, "void"),
        )
        for one in found.select_related("payment", "void").order_by("number")
    ]


def events_of(account: str, meters: Sequence[str], from_ms: int, until_ms: int) -> list[EventRow]:
    """Give what was decided, and what the relay said, by time; the last MOST_EVENTS."""
    span = {"at_ms__gte": from_ms, "at_ms__lt": until_ms}
    relay = RelayEvent.objects.filter(meter__in=meters, **span).order_by("-at_ms", "-pk")[:MOST_EVENTS]
    decided = DecisionEvent.objects.filter(account=account, **span).order_by("-at_ms", "-pk")[:MOST_EVENTS]
    rows = [EventRow(e.at_ms, e.meter, e.verdict, e.why, e.observed_closed) for e in relay]
    rows += [EventRow(e.at_ms, "", e.decision, e.reason, None) for e in decided]
    return sorted(rows, key=lambda one: (one.at_ms, one.meter, one.said, one.why))


def groups_with(building: Building, meters: Sequence[str], from_ms: int, until_ms: int) -> list[GroupRow]:
    """Give the balance of each group that counts the room's last meter, the innermost first; empty where none was balanced."""
    rules = groups_of(building)
    counted = groups_with_meter(rules, meters[-1], until_ms - 1) if meters and from_ms < until_ms else []
    rows = []
    for rule in counted:
        figures = balance_of(building, rule.group, from_ms, until_ms)
        known, of_all = figures.hours
        if (found := figures.balance) is not None:
            energies = (found.master_wh, found.subs_wh, found.own_use_wh, found.technical_wh)
            measured = (found.unexplained_wh, found.uncertainty_wh, known, of_all)
            rows.append(GroupRow(rule.group, from_ms, until_ms, *energies, *measured))
    return rows
