"""A relay's record and the report of every change of it. Decides nothing about relays: that is the domain's table."""

from gateway.application.ports import Journal
from gateway.contract.facts import Instant, RelayReport
from gateway.contract.identifiers import MeterNo
from gateway.domain.relay import RelayState, wished

TECHNICIAN = "technician"
CENTRAL = "central"
CLOSING = "closing"
"""The owners of lock-outs; one can't release another's."""
LOCKED_OUT = "locked-out"
"""The alarm that stands while a technician's lock-out does."""


def relay_of(journal: Journal, meter: MeterNo) -> RelayState:
    """Give what is known of a meter's relay; nothing at first."""
    return journal.record(RelayState, meter) or RelayState(meter)


def keep_relay(journal: Journal, before: RelayState, after: RelayState, now: Instant) -> bool:
    """Store a relay's new state, report what changed, and say whether something else is desired now."""
    after = wished(before, after)
    if after == before:
        return False
    journal.keep(after.meter, after)
    report = report_of(after, now)
    if _reported(report) != _reported(report_of(before, now)):
        journal.append_fact(report)
    return after.desired_closed is not before.desired_closed


def report_of(state: RelayState, now: Instant) -> RelayReport:
    """Say what is desired, commanded and seen of a relay."""
    return RelayReport(
        meter=state.meter,
        desired_closed=state.desired_closed,
        commanded_closed=state.commanded_closed,
        observed_closed=state.observed_closed,
        verdict=state.verdict,
        why=state.why,
        at=now,
        current_ma=state.observed_current_ma,
        status_word=state.observed_status_word,
        command=state.command,
        account=state.account,
    )


def _reported(report: RelayReport) -> tuple[object, ...]:
    """What is worth a row when it changes: not every new current."""
    return (
        report.desired_closed,
        report.commanded_closed,
        report.observed_closed,
        report.verdict,
        report.why,
        report.command,
        report.account,
    )
