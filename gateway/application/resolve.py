"""Ending an alarm that nothing later can end: a person looked into it, and says what it was. All others end with their cause."""

from gateway.application.alarms import clear_alarm, note
from gateway.application.known_grants import Done
from gateway.application.ports import Journal
from gateway.contract.facts import CommandOutcome, Instant

RESOLVABLE = frozenset({"exists-with-different"})
ALARM_RESOLVED = "alarm-resolved"


def resolve_alarm(journal: Journal, what: str, subject: str, said: str, now: Instant) -> Done:
    """End a resolvable alarm; who and why go to central. It rises again when its cause comes again. EXISTS when none stands."""
    if what not in RESOLVABLE:
        return Done(CommandOutcome.REFUSED, f"{what} ends with its cause, by no word")
    if not clear_alarm(journal, what, subject, now):
        return Done(CommandOutcome.EXISTS, f"no {what} {subject} stands")
    note(journal, ALARM_RESOLVED, subject, said, now)
    return Done(CommandOutcome.APPLIED)
