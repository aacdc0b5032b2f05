"""What a penalty is made of, each factor with its evidence: whose, from which payment to which day, by which settings and price.

Everything is as of the discovery: who lived there, what they had paid, what the settings and the price were.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from central.campus.models import Account, Price
from central.campus.queries import account_at, occupant_names, price_at
from central.clock import campus_day, start_of_day_ms
from central.desk.go_live.models import OpeningBalance
from central.desk.merchants.models import CardMeterSale
from central.desk.models import Payment, Receipt
from central.domain.theft_penalty import Interval, Penalty, Since, estimate_of, penalty_of
from central.losses.case_models import Case, CaseStep
from central.losses.theft import facts as f
from central.losses.theft.missing_since import Missing, missing_since
from central.losses.theft.refusals import Refused
from central.losses.theft.refusals import TheftRefusal as Why
from central.office.dated_settings import Used, Where, used_at


@dataclass(frozen=True, slots=True)
class Start:
    """The first day, what it is taken from, and the receipt or imported row that says so."""

    day: date
    since: Since
    receipt: int | None = None
    imported: str = ""


@dataclass(frozen=True, slots=True)
class Factors:
    """A penalty with everything it is made of."""

    account: Account
    names: tuple[str, ...]
    start: Start
    discovered: date
    per_day: Used
    both_days: Used
    price: Price
    penalty: Penalty
    estimate: Interval | None
    missing: Missing | None

    def content(self, case: Case) -> dict[str, Any]:
        """Write them down as JSON: what is signed, and what the evidence shows ever after."""
        return {
            "case": case.pk,
            "account": self.account.code,
            "room": self.account.point.room.full_label,
            "names": "、".join(self.names),
            "since": self.start.since.value,
            "receipt": self.start.receipt or 0,
            "imported": self.start.imported,
            "first_day": self.start.day.isoformat(),
            "last_day": self.discovered.isoformat(),
            "both_days": _used(self.both_days),
            "wh_per_day": _used(self.per_day),
            "days": self.penalty.days,
            "energy_wh": self.penalty.energy_wh,
            "price": self.price.version,
            "price_from_ms": self.price.from_ms,
            "micro_yuan_per_kwh": self.price.micro_yuan_per_kwh,
            "fen": self.penalty.amount_fen,
            "estimate": [self.estimate.least_wh, self.estimate.most_wh] if self.estimate else [],
            "missing": self.missing.content() if self.missing else {},
            "photos": [digest for step in case.steps.all() for digest in step.photos],
        }


def _used(used: Used) -> dict[str, Any]:
    place = used.place.value if used.place else ""
    said = {"code": used.code, "value": used.value, "place": place, "where": used.where}
    return said | {"from_ms": used.from_ms, "approval": used.approval or 0}


def finding_of(case: Case) -> CaseStep | None:
    """Give the last step that says what was found."""
    return case.steps.filter(kind=CaseStep.Kind.FOUND).order_by("-at_ms", "-pk").first()


def discovered_ms(case: Case) -> int:
    """Give the instant at which the theft was seen first."""
    first = case.steps.filter(kind=CaseStep.Kind.OPENED).first()
    return int(first.facts.get(f.SEEN_MS, case.opened_ms)) if first else case.opened_ms


def factors_of(case: Case) -> Factors | Refused:
    """Give what a confirmed theft's penalty is made of; refused by name where a factor is missing."""
    finding = finding_of(case)
    if case.finding != Case.Finding.THEFT or finding is None:
        return Refused(Why.NOT_CONFIRMED, str(case.pk))
    point = getattr(case.room, "point", None)
    if case.room is None:
        return Refused(Why.NO_ROOM, str(case.pk))
    at_ms = discovered_ms(case)
    account = account_at(point.code, at_ms) if point else None
    if account is None or (account.closed_ms is not None and account.closed_ms <= at_ms):
        return Refused(Why.NO_ACCOUNT, case.room.full_label)
    price = price_at(account.point.customer_class.tariff_id, at_ms)
    if price is None or price.micro_yuan_per_kwh <= 0:
        return Refused(Why.NO_PRICE, account.point.customer_class.code)
    return _counted(case, account, finding, price, at_ms)


def _counted(case: Case, account: Account, finding: CaseStep, price: Price, at_ms: int) -> Factors | Refused:
    where = Where(account.point.customer_class.code, case.building.code, case.room.full_label)
    per_day = used_at("theft.penalty-per-day", at_ms, where)
    both = used_at("theft.both-days-count", at_ms, where)
    start, discovered = start_of(account, at_ms), campus_day(at_ms)
    penalty = penalty_of(
        start.day,
        discovered,
        both_days=bool(both.value),
        wh_per_day=int(per_day.value),  # type: ignore[arg-type]
        micro_yuan_per_kwh=price.micro_yuan_per_kwh,
    )
    if penalty.amount_fen <= 0:
        return Refused(Why.NO_DAYS, str(case.pk))
    names = tuple(occupant_names(account, at_ms))
    missing = missing_since(account, start_of_day_ms(start.day), at_ms)
    estimate = estimate_for(finding)
    return Factors(account, names, start, discovered, per_day, both, price, penalty, estimate, missing)


def estimate_for(finding: CaseStep) -> Interval | None:
    """Give what the load that was measured can have taken in the days and hours it is believed to have run."""
    said = finding.facts
    days = said.get(f.DAYS, 0)
    least, most = (days * said.get(name, 0) for name in (f.LEAST_HOURS, f.MOST_HOURS))
    return estimate_of(said.get(f.CURRENT_MA, 0), least, max(least, most))


def start_of(account: Account, at_ms: int) -> Start:
    """Give the day that a penalty counts from: the last own payment of those who live there, else when they came."""
    moved_in, since = _moved_in(account, at_ms)
    paid = _last_paid(account, at_ms, moved_in)
    if paid is not None:
        return paid
    opened = OpeningBalance.objects.filter(account=account, batch__kind="open", batch__asked_ms__lte=at_ms)
    first_ms = (
        opened.order_by("batch__change_over_ms").values_list("batch__change_over_ms", flat=True).first()
    )
    if first_ms is not None and campus_day(first_ms) > moved_in:
        return Start(campus_day(first_ms), Since.RECORDS)
    return Start(moved_in, since)


def _moved_in(account: Account, at_ms: int) -> tuple[date, Since]:
    """Give when the first of those who live there moved in: what former occupants paid is not theirs."""
    day = campus_day(at_ms)
    lasting = account.occupancies.filter(Q(until_day=None) | Q(until_day__gte=day), from_day__lte=day)
    first = lasting.order_by("from_day").values_list("from_day", flat=True).first()
    return (first, Since.OCCUPANCY) if first else (campus_day(account.opened_ms), Since.ACCOUNT)


def _last_paid(account: Account, at_ms: int, moved_in: date) -> Start | None:
    """Give the last payment for electricity that holds: at the desk, of a bill, of a debt, at a card meter; the later one."""
    last = _last_at_desk(account, at_ms)
    sold = CardMeterSale.objects.filter(account=account, at_ms__lte=at_ms, amount_fen__gt=0)
    card = sold.order_by("-at_ms").values_list("at_ms", "number").first()
    found = [Start(campus_day(last[0]), Since.PAYMENT, last[1])] if last else []
    found += [Start(campus_day(card[0]), Since.PAYMENT, imported=card[1])] if card else []
    own = [one for one in found if one.day >= moved_in]
    return max(own, key=lambda one: one.day, default=None)


def _last_at_desk(account: Account, at_ms: int) -> tuple[int, int] | None:
    """Give the instant and the receipt. What a corrected receipt is for was paid when the first one was written (R-4.1.5)."""
    payers = [account.pk, *([account.pays_from_id] if account.pays_from_id else [])]
    paid = Payment.objects.filter(account__in=payers, receipt__void=None, debt__penalty=None)
    paid = paid.filter(purpose__in=(Payment.Purpose.ENERGY, Payment.Purpose.DEBT))
    plain = paid.filter(receipt__replaces=None, at_ms__lte=at_ms).order_by("-at_ms")
    found = list(plain.values_list("at_ms", "receipt")[:1])
    for number in paid.exclude(receipt__replaces=None).values_list("receipt", flat=True):
        found += [(paid_ms, number) for paid_ms in [_first_written_ms(number)] if paid_ms <= at_ms]
    return max(found, default=None)


def _first_written_ms(number: int) -> int:
    receipt = Receipt.objects.select_related("replaces__receipt").get(pk=number)
    while (void := getattr(receipt, "replaces", None)) is not None:
        receipt = void.receipt
    return receipt.at_ms
