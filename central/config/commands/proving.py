"""`verify`: prove the books and say what was checked."""

from argparse import Namespace

from central.desk.corrections.verification import verify_corrections
from central.desk.debts.verification import verify_debts
from central.desk.departures.verification import verify_departures
from central.desk.go_live.verification import verify_openings
from central.desk.merchants.verification import verify_merchants
from central.desk.outage.verification import verify_outage
from central.desk.shift_verification import verify_shifts
from central.desk.subsidies.verification import verify_subsidies
from central.desk.verification import verify_sales
from central.ledger.one_state import one_state
from central.ledger.verification import verify_books
from central.losses.verification import verify_losses
from central.reports.agreement.verification import verify_agreements
from central.reports.books.verification import verify_period_books
from central.reports.bureau.verification import verify_bureau
from central.reports.k3.verification import verify_k3
from central.reports.low_balance.verification import verify_low_balances
from central.reports.meetings.verification import verify_meetings
from central.reports.schedule.verification import verify_made_papers
from central.workshop.verification import verify_workshop


def verify(options: Namespace) -> int:
    """Print each check; exit code 1 names the first bad row. Reads one state and keeps nobody waiting."""
    with one_state():
        checks = [*verify_books(), *verify_sales(), *verify_openings(), *verify_shifts(), *verify_subsidies()]
        checks += [*verify_corrections(), *verify_departures(), *verify_debts(), *verify_merchants()]
        checks += [*verify_outage(), *verify_losses(), verify_k3(), verify_period_books()]
        checks += [verify_meetings(), verify_made_papers(), verify_low_balances()]
        checks += [verify_bureau(), verify_agreements(), *verify_workshop()]
    for check in checks:
        print(f"{'ok  ' if check.holds else 'BAD '} {check.name}: {check.seen}")
        if check.fault:
            print(f"     {check.fault}")
    broken = [check for check in checks if not check.holds]
    print(
        f"{len(broken)} of {len(checks)} checks failed; keep the databases as they are and call the developer"
        if broken
        else f"all {len(checks)} checks hold"
    )
    return 1 if broken else 0
