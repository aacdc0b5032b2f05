"""`cardroom-firmware audit`: databases in, a table of figures out; 0 when every figure meets its goal, 1 when one doesn't."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware_tools.auditor.central_reader import read_books
from firmware_tools.auditor.energy_checks import check_energy
from firmware_tools.auditor.evidence import Evidence
from firmware_tools.auditor.findings import Finding, figures_met, table
from firmware_tools.auditor.folds import check_folds, unfolded
from firmware_tools.auditor.gateway_reader import read_journal
from firmware_tools.auditor.link_checks import check_link
from firmware_tools.auditor.money_checks import check_money
from firmware_tools.auditor.payer_checks import check_payers
from firmware_tools.auditor.price_checks import check_prices
from firmware_tools.auditor.read_only import Unreadable
from firmware_tools.auditor.truth_reader import read_truth
from firmware_tools.terminal.arguments import arguments_of
from gateway.words import say


def run(arguments: list[str]) -> int:
    """Audit what the arguments name; 2, with a message on stderr, when a file can't be read."""
    options = _parser().parse_args(arguments)
    try:
        evidence = gather(options.central, options.telemetry, options.gateway, options.truth)
    except Unreadable as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    findings = audit(evidence, quiet=options.quiet)
    print(summary(evidence))
    print(table(findings))
    met, all_figures = figures_met(findings)
    print(f"audit: {met}/{all_figures} goals met")
    return 0 if met == all_figures else 1


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of(
        "audit",
        say(
            "Recompute money and energy from both sides' databases and the meters' true energy. Writes nothing."
        ),
    )
    add = parser.add_argument
    add("--central", type=Path, required=True, help=say("central's database: central.db"))
    add("--telemetry", type=Path, required=True, help=say("central's readings: telemetry.db"))
    add("--gateway", type=Path, required=True, nargs="+", help=say("journal.db of each gateway"))
    add(
        "--truth",
        type=Path,
        help=say("truth.db of the virtual meters; without it true energy isn't judged"),
    )
    add(
        "--quiet",
        action="store_true",
        help=say("the system is at rest: nothing may be on its way any more"),
    )
    return parser


def gather(central: Path, telemetry: Path, journals: Sequence[Path], truth: Path | None) -> Evidence:
    """Read all evidence. Raises Unreadable."""
    books = read_books(central, telemetry)
    return Evidence(
        journals=tuple(unfolded(read_journal(path), books) for path in journals),
        books=books,
        installs=read_truth(truth) if truth else (),
    )


def audit(evidence: Evidence, *, quiet: bool) -> list[Finding]:
    """Run every check."""
    return [
        *check_money(evidence, quiet=quiet),
        *check_energy(evidence),
        *check_prices(evidence),
        *check_payers(evidence),
        *check_link(evidence, quiet=quiet),
        *check_folds(evidence),
    ]


def summary(evidence: Evidence) -> str:
    """Say how much was looked at: a clean table over nothing proves nothing."""
    entries = sum(len(journal.entries) for journal in evidence.journals)
    billed_wh = sum(
        entry.energy_wh
        for journal in evidence.journals
        for entry in journal.entries
        if entry.kind == "consumption"
    )
    taken_fen = sum(payment.fen for payment in evidence.books.payments)
    return (
        f"{len(evidence.books.payments)} payments of {taken_fen / 100:.2f} yuan, {len(evidence.journals)} gateways, "
        f"{entries} entries, {billed_wh / 1000:.2f} kWh billed, {len(evidence.books.readings)} readings at central, "
        f"{len(evidence.installs)} meters with known truth"
    )
