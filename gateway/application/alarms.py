"""Alarms that stand once, however often their cause is seen. Knows no screen: an alarm is an outbox row."""

from collections.abc import Collection, Mapping

import msgspec

from gateway.application.ports import Journal
from gateway.application.records import ONLY, RaisedAlarm, Station
from gateway.contract.facts import Alarm, Instant
from gateway.contract.identifiers import AlarmId


def station(journal: Journal) -> Station:
    """Give the station's record. Raises LookupError before the first boot."""
    found = journal.record(Station, ONLY)
    if found is None:
        raise LookupError("the journal was never booted")
    return found


def _key(what: str, subject: str) -> str:
    return f"{what} {subject}"


def raise_alarm(journal: Journal, what: str, subject: str, detail: str, now: Instant) -> bool:
    """Raise an alarm unless it stands already; say whether it was raised."""
    if journal.record(RaisedAlarm, _key(what, subject)) is not None:
        return False
    here = station(journal)
    alarm = AlarmId(f"{here.gateway}.{here.epoch}.{here.alarms + 1}")
    journal.keep(ONLY, msgspec.structs.replace(here, alarms=here.alarms + 1))
    journal.keep(_key(what, subject), RaisedAlarm(alarm, what, subject, now, detail))
    journal.append_fact(Alarm(alarm, what, subject, raised=True, at=now, detail=detail))
    return True


def clear_alarm(journal: Journal, what: str, subject: str, now: Instant) -> bool:
    """Clear an alarm if it stands; say whether it did."""
    stands = journal.record(RaisedAlarm, _key(what, subject))
    if stands is None:
        return False
    journal.forget(RaisedAlarm, _key(what, subject))
    journal.append_fact(Alarm(stands.alarm, what, subject, raised=False, at=now, detail=stands.detail))
    return True


def note(journal: Journal, what: str, subject: str, detail: str, now: Instant) -> None:
    """Report what happened and is over already, such as a person's deed: an alarm raised and cleared in one."""
    raise_alarm(journal, what, subject, detail, now)
    clear_alarm(journal, what, subject, now)


def keep_alarms(
    journal: Journal, kinds: Collection[str], standing: Mapping[tuple[str, str], str], now: Instant
) -> None:
    """Make the alarms of these kinds exactly what stands now: (what, subject) to detail. The others are left alone."""
    for alarm in standing_alarms(journal):
        if alarm.what in kinds and (alarm.what, alarm.subject) not in standing:
            clear_alarm(journal, alarm.what, alarm.subject, now)
    for (what, subject), detail in standing.items():
        raise_alarm(journal, what, subject, detail, now)


def say_standing(journal: Journal) -> None:
    """Report every alarm that stands once more: central ended them all with the epoch before (C-11)."""
    for alarm in standing_alarms(journal):
        journal.append_fact(
            Alarm(alarm.alarm, alarm.what, alarm.subject, raised=True, at=alarm.since, detail=alarm.detail)
        )


def standing_alarms(journal: Journal) -> list[RaisedAlarm]:
    """List the alarms that stand, oldest first as far as the clocks can say."""
    return sorted(journal.records(RaisedAlarm).values(), key=lambda alarm: alarm.since.wall_ms)
