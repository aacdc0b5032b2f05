"""Did every fen arrive once: payment -> receipt -> booking -> grant -> the gateway's entry, and back."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from firmware_tools.auditor.evidence import Books, Entry, Evidence, Grant, Payment
from firmware_tools.auditor.findings import Figure, Finding

MICRO_YUAN_PER_FEN = 10_000
WH_PER_KWH = 1_000
ENERGY = "energy"
BOOKED_OTHERWISE = frozenset({"debt"})
"""Central's own `verify` proves these."""


def check_money(evidence: Evidence, *, quiet: bool) -> Iterator[Finding]:
    """Judge payments, receipts and grants. `quiet`: no credit may be on its way any more."""
    yield from _check_receipts(evidence.books)
    yield from _check_pages(evidence.books)
    yield from _check_payment_grants(evidence.books)
    yield from _check_bookings(evidence.books)
    yield from _check_grants(evidence, quiet=quiet)


def _check_receipts(books: Books) -> Iterator[Finding]:
    by_payment: defaultdict[str | None, list[int]] = defaultdict(list)
    for receipt in books.receipts:
        by_payment[receipt.payment].append(receipt.fen)
    fen_of = {payment.payment: payment.fen for payment in books.payments}
    for payment in books.payments:
        written = by_payment.get(payment.payment, [])
        if written != [payment.fen]:
            yield Finding(
                Figure.RECEIPTS_APART,
                payment.payment,
                f"{payment.fen} fen taken, receipts over {written or 'nothing'}",
            )
    for receipt in books.receipts:
        if receipt.payment not in fen_of:
            yield Finding(
                Figure.RECEIPTS_APART,
                receipt.number,
                f"{receipt.fen} fen receipted, no such payment {receipt.payment}",
            )
    for number, times in Counter(receipt.number for receipt in books.receipts).items():
        if times > 1:
            yield Finding(Figure.RECEIPTS_APART, number, f"this receipt number was written {times} times")


def _check_pages(books: Books) -> Iterator[Finding]:
    """One page of the desk pays once, however often it is sent."""
    for page, times in Counter(payment.page for payment in books.payments if payment.page).items():
        if times > 1:
            yield Finding(Figure.PAYMENTS_DOUBLED, page, f"one desk page became {times} payments")


def _check_payment_grants(books: Books) -> Iterator[Finding]:
    by_id: defaultdict[str, list[Grant]] = defaultdict(list)
    for grant in books.grants:
        by_id[grant.grant].append(grant)
    for payment in books.payments:
        grants = by_id.get(payment.grant or "", [])
        if payment.purpose != ENERGY:
            if payment.grant is not None:
                yield Finding(Figure.PAYMENTS_ALTERED, payment.payment, "paid for no energy, has a grant")
            continue
        if not grants:
            yield Finding(Figure.PAYMENTS_LOST, payment.payment, "no grant was ever made for it")
        elif len(grants) > 1:
            yield Finding(Figure.PAYMENTS_DOUBLED, payment.payment, f"{len(grants)} grants carry its id")
        elif not _worth(payment, grants[0], books):
            grant = grants[0]
            yield Finding(
                Figure.PAYMENTS_ALTERED,
                payment.payment,
                f"{payment.fen} fen of {payment.account} became a grant of {grant.amount} ({grant.unit}) to {grant.account}",
            )


def _worth(payment: Payment, grant: Grant, books: Books) -> bool:
    """Money for money exactly; for a kWh account the whole watt-hours that the money buys at one of the tariff's prices."""
    micro_yuan = payment.fen * MICRO_YUAN_PER_FEN
    if grant.account != payment.account:
        return False
    if grant.unit == "yuan":
        return grant.amount == micro_yuan
    tariff = books.tariffs.get(payment.account)
    prices = {price.micro_yuan_per_kwh for price in books.prices if price.tariff == tariff}
    return any(grant.amount == micro_yuan * WH_PER_KWH // price for price in prices)


def _check_bookings(books: Books) -> Iterator[Finding]:
    """The money that the books hold must be what was taken, payment by payment; charges are booked line by line."""
    booked: defaultdict[str, list[int]] = defaultdict(list)
    charged: defaultdict[str, int] = defaultdict(int)
    for transfer in books.transfers:
        if transfer.kind == "payment":
            booked[transfer.reference].append(transfer.amount)
        elif transfer.kind == "charge":
            charged[transfer.reference] += transfer.amount
    booked |= {payment: [amount] for payment, amount in charged.items()}
    for payment in books.payments:
        amounts = booked.pop(payment.payment, [])
        if payment.purpose in BOOKED_OTHERWISE:
            continue
        if amounts != [payment.fen * MICRO_YUAN_PER_FEN]:
            yield Finding(
                Figure.BOOKS_APART,
                payment.payment,
                f"{payment.fen} fen taken, booked as {amounts} micro-yuan",
            )
    for reference, amounts in booked.items():
        yield Finding(Figure.BOOKS_APART, reference, f"booked as {amounts} micro-yuan, no such payment")


def _check_grants(evidence: Evidence, *, quiet: bool) -> Iterator[Finding]:
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for journal in evidence.journals:
        for entry in journal.entries:
            if entry.kind == "grant":
                entries[entry.source or ""].append(entry)
    taken = {journal.gateway: max(journal.inbox, default=0) for journal in evidence.journals}
    for grant in evidence.books.grants:
        credited = entries.pop(grant.grant, []) + entries.pop(grant.typed_name, [])
        if len(credited) > 1:
            names = ", ".join(entry.entry for entry in credited)
            yield Finding(Figure.PAYMENTS_DOUBLED, grant.grant, f"credited {len(credited)} times: {names}")
        elif not credited and (quiet or grant.number <= taken.get(grant.gateway, 0)):
            yield Finding(
                Figure.PAYMENTS_LOST,
                grant.grant,
                f"{grant.amount} ({grant.unit}) never reached {grant.account} on {grant.gateway}",
            )
        elif credited and not _credits_exactly(credited[0], grant):
            yield Finding(
                Figure.PAYMENTS_ALTERED,
                grant.grant,
                f"granted {grant.amount} to {grant.account}, {_credited(credited[0])}",
            )
    for source, credited in entries.items():
        for entry in credited:
            yield Finding(
                Figure.CREDIT_UNFOUNDED, entry.entry, f"{_credited(entry)}; central knows no grant {source!r}"
            )


def _credits_exactly(entry: Entry, grant: Grant) -> bool:
    """A grant may first fill what is below zero in `paid`, so the sum over the unit's lines is what counts."""
    return (
        entry.account == grant.account
        and {line.unit for line in entry.lines} == {grant.unit}
        and (sum(line.amount for line in entry.lines) == grant.amount)
    )


def _credited(entry: Entry) -> str:
    lines = ", ".join(f"{line.amount:+d} {line.bucket} ({line.unit})" for line in entry.lines)
    return f"{entry.entry} gave {entry.account} {lines or 'nothing'}"
