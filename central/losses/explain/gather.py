"""Gather a bill: all that an account's balance over a period is made of, from the books and what gateways told. Only reads."""

from dataclasses import dataclass

from central.campus.models import Account
from central.domain.bill_checks import BillFault, Found, check_bill
from central.domain.bill_content import Bill, Remark
from central.domain.periods import Period
from central.link.telemetry.archived import archived_between
from central.losses.explain import history
from central.losses.explain.entry_rows import entries_elsewhere, entries_of
from central.losses.explain.ledger_rows import later_agree, ledger_rows, side_sums, sides_of
from central.losses.explain.remarks import Gathered, remarks_of
from central.papers.accounting import instants_of


@dataclass(frozen=True, slots=True)
class Explained:
    """A bill, and what of it doesn't tie."""

    bill: Bill
    faults: list[Found]


def account_named(code: str) -> Account | None:
    """Give an account with all that its bill names."""
    related = ("point__room__building", "point__customer_class__tariff", "pays_from")
    return Account.objects.filter(code=code).select_related(*related).first()


def explain(account: Account, period: Period, now_ms: int) -> Explained:
    """Gather an account's bill of a period, and check it."""
    from_ms, until_ms = instants_of(period)
    sides = sides_of(account.code)
    sums = side_sums(sides, from_ms, until_ms)
    transfers = ledger_rows(sides, from_ms, until_ms)
    entries = entries_of(account.code, from_ms, until_ms)
    elsewhere = entries_elsewhere(account.code, from_ms, until_ms)
    swaps = history.swaps_of(account.code, from_ms, until_ms)
    is_over = until_ms <= now_ms
    seen = Gathered(account, until_ms, from_ms, is_over, entries, elsewhere, transfers, swaps)
    room, customer_class = account.point.room, account.point.customer_class
    meters = history.meters_of(account, until_ms)
    groups = history.groups_with(room.building, meters, from_ms, min(until_ms, now_ms))
    versions = [one.price_version for one in [*entries, *elsewhere] if one.price_version]
    bill = Bill(
        room=room.full_label,
        building=room.building.name,
        account=account.code,
        class_name=customer_class.name,
        unit=customer_class.unit,
        occupants=_occupants(account, period),
        period=period.name,
        from_ms=from_ms,
        until_ms=until_ms,
        is_over=is_over,
        sides=sums,
        transfers=transfers,
        entries=entries,
        elsewhere=elsewhere,
        registers=history.registers_of(account.code, from_ms, until_ms),
        swaps=swaps,
        prices=history.prices_of([customer_class.tariff_id], versions, from_ms, until_ms),
        receipts=history.receipts_of(account.code, from_ms, until_ms),
        events=history.events_of(account.code, meters, from_ms, until_ms),
        groups=groups,
        remarks=[
            *remarks_of(seen),
            *([] if groups else [Remark("group-unknown")]),
            *_in_archive(from_ms, until_ms),
        ],
    )
    kept = [Found(BillFault.KEPT, code) for code in later_agree(sums, sides, until_ms)]
    return Explained(bill, [*check_bill(bill), *kept])


def _in_archive(from_ms: int, until_ms: int) -> list[Remark]:
    months = archived_between(("relay-event", "decision-event"), from_ms, until_ms)
    return [Remark("events-archived", len(months), what=months)] if months else []


def usual_account(room_id: int) -> Account | None:
    """Give a room's live account, or the one that was closed last."""
    accounts = Account.objects.filter(point__room=room_id)
    live = accounts.exclude(state=Account.State.CLOSED).first()
    return live or accounts.order_by("-opened_ms").first()


def _occupants(account: Account, period: Period) -> list[str]:
    there = account.occupancies.filter(from_day__lte=period.last).exclude(until_day__lt=period.first)
    return list(there.order_by("customer__number").values_list("customer__name", flat=True))
