"""Take the facts of one batch into the default database, in order: entries, decisions, relays, alarms, answers, watermarks."""

from collections.abc import Sequence

from central.ingest.book_entries import Bookkeeper, CannotTake
from central.ingest.compare_watermark import compare
from central.ingest.received_rows import ReceivedFact, instant_ms
from central.ingest.supply import mark_supplied
from central.ingest.take_answers import take_result
from central.ingest.take_control_facts import take_control_begun, take_control_ended, take_lock_out
from central.ingest.take_meter_facts import take_binding, take_period_register, take_swap
from central.link.models import AccountDecision, Alarm, Gateway, GatewayEpoch, RelayState
from central.link.pulse.beats import note_lines
from central.link.registry_copy import keep_registry
from central.prepared import upsert
from gateway.contract import facts
from gateway.contract.meter_facts import (
    LockOut,
    MeterBound,
    MeterSwapped,
    PeriodRegister,
    SoftwareControlBegun,
    SoftwareControlEnded,
)
from gateway.contract.registry_facts import RegistryCopy


class FactTaker:
    """Takes rows in order; entries are collected and written before anything that depends on them."""

    def __init__(self, gateway: Gateway, epoch: GatewayEpoch, now_ms: int) -> None:
        self._gateway, self._epoch, self._now_ms = gateway, epoch, now_ms
        self._books = Bookkeeper(gateway, epoch, now_ms)

    def prepare(self, rows: Sequence[ReceivedFact]) -> None:
        """Ask the database once for what the entries among these need."""
        entries = [row.fact for row in rows if isinstance(row.fact, facts.Entry)]
        if entries:
            self._books.prepare(entries)

    def take(self, row: ReceivedFact) -> None:
        """Take one row. Raises CannotTake, or what the database says of impossible content."""
        fact = row.fact
        if fact is None:
            raise CannotTake(row.reason)
        if isinstance(fact, facts.Entry):
            self._books.take(row.seq, fact)
            return
        if isinstance(fact, facts.Readings):
            return
        self._books.flush()
        self._take_other(row.seq, fact)

    def finish(self) -> None:
        """Write what is still collected."""
        self._books.flush()

    def _take_other(self, seq: int, fact: facts.Fact) -> None:
        match fact:
            case facts.Decision():
                self._take_decision(fact)
            case facts.RelayReport():
                self._take_relay(fact)
            case facts.Alarm():
                self._take_alarm(fact)
            case facts.CommandResult():
                take_result(self._gateway, self._epoch, seq, fact, self._now_ms)
            case facts.Watermark():
                compare(self._gateway, self._epoch, seq, fact, self._now_ms)
            case MeterBound():
                take_binding(self._gateway, self._epoch, fact, self._now_ms)
            case MeterSwapped():
                take_swap(self._gateway, fact, self._now_ms)
            case SoftwareControlBegun():
                take_control_begun(self._gateway, fact, self._now_ms)
            case SoftwareControlEnded():
                take_control_ended(self._gateway, fact, self._now_ms)
            case LockOut():
                take_lock_out(self._gateway, fact, self._now_ms)
            case PeriodRegister():
                take_period_register(self._gateway, fact, self._now_ms)
            case RegistryCopy():
                keep_registry(self._gateway, self._epoch.epoch, fact, self._now_ms)
            case facts.Health():
                Gateway.objects.filter(pk=self._gateway.pk).update(
                    counters=fact.counters, counters_ms=instant_ms(fact.at, self._now_ms)
                )
                note_lines(self._gateway.pk, fact.counters, trusted=fact.at.trusted)

    def _take_decision(self, decision: facts.Decision) -> None:
        upsert(
            AccountDecision(
                account=decision.account,
                gateway=self._gateway,
                decision=decision.decision.value,
                reason=decision.reason[:64],
                balance=decision.balance,
                facts=decision.facts,
                at_ms=instant_ms(decision.at, self._now_ms),
            )
        )
        mark_supplied(decision.account, self._now_ms)

    def _take_relay(self, report: facts.RelayReport) -> None:
        account = report.account or ""
        upsert(
            RelayState(
                meter=report.meter,
                gateway=self._gateway,
                account=account,
                desired_closed=report.desired_closed,
                commanded_closed=report.commanded_closed,
                observed_closed=report.observed_closed,
                verdict=report.verdict.value,
                why=report.why[:200],
                at_ms=instant_ms(report.at, self._now_ms),
                at_trusted=report.at.trusted,
                current_ma=report.current_ma,
                status_word=report.status_word,
                received_ms=self._now_ms,
            )
        )
        if account:
            mark_supplied(account, self._now_ms)

    def _take_alarm(self, alarm: facts.Alarm) -> None:
        at_ms = instant_ms(alarm.at, self._now_ms)
        said = {"what": alarm.what[:64], "subject": alarm.subject[:120], "detail": alarm.detail[:500]}
        key = {"gateway": self._gateway, "code": alarm.alarm[:128]}
        raised = {**said, "raised_ms": at_ms, "cleared_ms": None if alarm.raised else at_ms}
        changes = raised if alarm.raised else {"cleared_ms": at_ms}
        if not Alarm.objects.filter(**key).update(**changes):
            Alarm.objects.create(**key, **raised)
