"""The figures that an audit gives, each with goal 0, and the rows that spoil them."""

from dataclasses import dataclass
from enum import StrEnum


class Figure(StrEnum):
    """What is counted. The value is the stable name that scripts may look for."""

    PAYMENTS_LOST = "payments lost"
    PAYMENTS_DOUBLED = "payments doubled"
    PAYMENTS_ALTERED = "payments credited otherwise"
    CREDIT_UNFOUNDED = "credit without a grant"
    RECEIPTS_APART = "receipts without payment, or payments without receipt"
    BOOKS_APART = "payments and bookings that differ"
    ENERGY_TWICE = "energy billed twice"
    ENERGY_UNBILLED = "energy skipped"
    REGISTERS_APART = "entries that don't match the registers"
    ENERGY_UNTRUE = "meters billed otherwise than the true energy"
    PRICES_WRONG = "entries that don't match the price"
    PAYERS_WRONG = "energy paid by an account that never paid for it"
    BALANCES_BROKEN = "running balances that don't add up"
    ROWS_LOST = "rows lost between gateway and central"
    ROWS_ALTERED = "rows that differ between gateway and central"
    ROWS_DOUBLED = "rows or readings stored twice"
    ACCOUNTS_APART = "accounts that differ at the watermark"
    COMMANDS_BROKEN = "commands skipped, repeated or altered"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that spoils a figure."""

    figure: Figure
    subject: str
    """What it is about: a payment, an entry, a meter."""
    detail: str


def table(findings: list[Finding]) -> str:
    """Set out every figure with its goal, then the offending rows."""
    width = max(len(figure) for figure in Figure)
    lines = [f"{'figure':<{width}}  found  goal"]
    for figure in Figure:
        found = sum(1 for finding in findings if finding.figure is figure)
        lines.append(f"{figure:<{width}}  {found:>5}  {0:>4}  {'ok' if found == 0 else 'RED'}")
    lines += [f"  {finding.figure}: {finding.subject}: {finding.detail}" for finding in findings]
    return "\n".join(lines)


def figures_met(findings: list[Finding]) -> tuple[int, int]:
    """Count the figures that are 0, and all figures."""
    spoiled = {finding.figure for finding in findings}
    return len(Figure) - len(spoiled), len(Figure)
