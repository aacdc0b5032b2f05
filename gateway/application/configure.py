"""Taking a building's whole configuration: rules, bindings, prices, limits, and what a new epoch starts from (C-3, C-9, C-11)."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from gateway.application.accounts import with_own_credit
from gateway.application.adjust import adjust_late_prices
from gateway.application.alarms import clear_alarm, raise_alarm, station
from gateway.application.bind import begin_at, due_binding, has_binding_due, untie
from gateway.application.control_state import (
    SOFTWARE_CONTROL,
    adopt_controls,
    end_of_gone,
    flag_software_control,
)
from gateway.application.drive_relay import end_cutting_override
from gateway.application.groups import take_groups
from gateway.application.known_grants import Done, adopt_known
from gateway.application.lock_outs import adopt_locks
from gateway.application.ports import Journal
from gateway.application.power import restore_trips
from gateway.application.records import ONLY, Billed, InboxRow, MeterTies, Provisional, Tie
from gateway.application.settle import Closed, post
from gateway.application.settle_due import redecide, write_watermark
from gateway.application.shared_credit import settle_all_before_change
from gateway.application.site_swaps import with_swaps
from gateway.application.timetables import keep_timetables
from gateway.contract.commands import Configure, MonthUsed, Opening, content_digest, decode_command
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind, Instant
from gateway.contract.identifiers import AccountId, BootId, MeterNo
from gateway.contract.rules import AccountRule
from gateway.domain.buckets import Posting
from gateway.domain.configuration import mistakes
from gateway.domain.ledger import AccountState
from gateway.domain.month_use import MonthUse
from gateway.domain.reading import MeterState, moved_wh
from gateway.domain.tariff import TariffPrices, with_prices

MISTAKES_TOLD = 20
OF_AN_ACCOUNT = ("account-held", "account-quarantined", "binding-baseline")
"""Alarms that end with their account."""
NO_BOOT = BootId("")
_NO_TIME = Instant(NO_BOOT, 0, 0, False)
"""Compares with nothing: central knows the register, not when it was read."""


def apply_configure(journal: Journal, configure: Configure, now: Instant) -> Done:
    """Replace the configuration, or refuse it whole: nothing of a bad one is taken.

    A version that is known is EXISTS, with other content EXISTS_WITH_DIFFERENT and an alarm; the same goes for a price's version.
    """
    refused = _refusal(journal, configure, now)
    if refused is not None:
        return refused
    _settle_changed(journal, configure, now)
    adjusted = _learn_prices(journal, configure, now)
    digest, configure = content_digest(configure), with_swaps(journal, configure)
    _replace_rules(journal, configure, now)
    before = station(journal).opened_epoch
    detail = _open_epoch(journal, configure.opening, now)
    here = station(journal)
    opens = here.opened_epoch != before
    journal.keep(
        ONLY,
        msgspec.structs.replace(here, config_version=configure.version, config_digest=digest),
    )
    accounts = [*adjusted, *(rule.account for rule in configure.accounts)]
    # A decision settles, and central books nothing before the answer that says that the epoch is opened (C-11): the readings that
    # follow at once decide then.
    decided = () if opens else redecide(journal, accounts, now)
    relay = (*decided, *keep_timetables(journal, now), *restore_trips(journal, now))
    flag_software_control(journal, now)
    write_watermark(journal, now)
    meters = dict.fromkeys(tie.meter for tie in configure.bindings)
    read = tuple(meter for meter in meters if opens or has_binding_due(journal, meter, now))
    return Done(CommandOutcome.APPLIED, detail, relay=relay, read=read)


def _refusal(journal: Journal, configure: Configure, now: Instant) -> Done | None:
    here = station(journal)
    if configure.version < here.config_version:
        return Done(CommandOutcome.EXISTS, f"version {here.config_version} is in force")
    if configure.version == here.config_version:
        if here.config_digest == content_digest(configure) or _is_in_the_inbox(journal, configure):
            return Done(CommandOutcome.EXISTS)
        return _different(journal, f"configuration {configure.version}", now)
    listed = mistakes(configure, journal.records(TariffPrices))
    listed += [text for rule in configure.accounts for text in _unit_changes(journal, rule)]
    listed += [text for rule in configure.accounts for text in _closing_payer(journal, rule)]
    if listed:
        more = f"; and {len(listed) - MISTAKES_TOLD} more" if len(listed) > MISTAKES_TOLD else ""
        return Done(CommandOutcome.REFUSED, "; ".join(listed[:MISTAKES_TOLD]) + more)
    changed = _changed_price(journal, configure)
    return None if changed is None else _different(journal, f"price {changed}", now)


def _is_in_the_inbox(journal: Journal, configure: Configure) -> bool:
    """Look for it in the commands as they were received: the digest of an earlier release was of its own encoding."""
    return any(decode_command(row.body) == configure for row in journal.records(InboxRow).values())


def _different(journal: Journal, what: str, now: Instant) -> Done:
    raise_alarm(journal, "exists-with-different", what, "the same version came again with other content", now)
    return Done(CommandOutcome.EXISTS_WITH_DIFFERENT, what)


def _unit_changes(journal: Journal, rule: AccountRule) -> list[str]:
    units = {bucket.name: bucket.unit for bucket in rule.buckets}
    return [
        f"account {rule.account}: bucket {bucket.name} holds {bucket.balance} in {bucket.unit}; its unit can't change"
        for bucket in journal.buckets(rule.account)
        if bucket.balance and units.get(bucket.name, bucket.unit) != bucket.unit
    ]


def _closing_payer(journal: Journal, rule: AccountRule) -> list[str]:
    """Nobody begins to pay from money that is about to leave (C-8)."""
    before = journal.record(AccountRule, rule.account)
    payer = journal.record(AccountState, rule.pays_from) if rule.pays_from else None
    if (
        payer is None
        or not (payer.closing or payer.closed)
        or (before and before.pays_from == rule.pays_from)
    ):
        return []
    return [f"account {rule.account}: {rule.pays_from}, which it would pay from, is closed or being closed"]


def _changed_price(journal: Journal, configure: Configure) -> str | None:
    known = {
        price.version: price for tariff in journal.records(TariffPrices).values() for price in tariff.prices
    }
    changed = (p.version for p in configure.prices if p.version in known and known[p.version] != p)
    return next(changed, None)


def _settle_changed(journal: Journal, configure: Configure, now: Instant) -> None:
    """What was used under the old rules is billed by them, to the money that paid then: joining and leaving a credit is such a
    change, dated by the last good reading before this configuration. A quarantine keeps nothing of it back."""
    rules = {rule.account: rule for rule in configure.accounts}
    for account, rule in journal.records(AccountRule).items():
        new = rules.get(AccountId(account))
        if new is None or _billed_by(new) != _billed_by(rule):
            settle_all_before_change(journal, AccountId(account), now)


def _billed_by(rule: AccountRule) -> tuple[object, ...]:
    return rule.tariff, rule.unit, rule.buckets, rule.pays_from


def _learn_prices(journal: Journal, configure: Configure, now: Instant) -> list[AccountId]:
    adjusted: list[AccountId] = []
    prices = sorted(configure.prices, key=lambda price: price.tariff)
    for tariff, listed in groupby(prices, key=lambda price: price.tariff):
        known = journal.record(TariffPrices, tariff)
        before = known.prices if known else ()
        after = with_prices(before, listed)
        if after != before:
            adjusted += adjust_late_prices(journal, tariff, before, after, now)
            journal.keep(tariff, TariffPrices(tariff, after))
    return adjusted


def _replace_rules(journal: Journal, configure: Configure, now: Instant) -> None:
    rules = {rule.account: rule for rule in configure.accounts}
    ties = sorted(configure.bindings, key=lambda tie: (tie.meter, tie.from_ms))
    by_meter = {meter: tuple(listed) for meter, listed in groupby(ties, key=lambda tie: tie.meter)}
    for meter, tie in list(journal.records(Tie).items()):
        if meter not in by_meter or tie.account not in rules:
            untie(journal, MeterNo(meter), now)
    for account in [name for name in journal.records(AccountRule) if name not in rules]:
        journal.forget(AccountRule, account)
        for what in OF_AN_ACCOUNT:
            clear_alarm(journal, what, account, now)
        end_of_gone(journal, AccountId(account), now)
        clear_alarm(journal, SOFTWARE_CONTROL, account, now)
    for meter in [name for name in journal.records(MeterTies) if name not in by_meter]:
        journal.forget(MeterTies, meter)
    for account, rule in rules.items():
        journal.keep(account, rule)
    for meter, listed in by_meter.items():
        journal.keep(meter, MeterTies(listed))
    journal.keep(ONLY, configure.policy)
    for meter, tie in journal.records(Tie).items():
        if tie.account in rules and rules[tie.account].protected:
            end_cutting_override(journal, MeterNo(meter), now)
    take_groups(journal, configure, now)


def _open_epoch(journal: Journal, opening: Opening | None, now: Instant) -> str:
    """Adopt central's balances, registers and grants, once, if they are meant for this epoch (C-11)."""
    here = station(journal)
    if opening is None:
        return ""
    if opening.epoch != here.epoch:
        return f"the opening is for epoch {opening.epoch}, not {here.epoch}: not adopted"
    if here.opened_epoch == opening.epoch:
        return "the opening was adopted before"
    journal.keep(ONLY, msgspec.structs.replace(here, opened_epoch=opening.epoch))
    adopt_known(journal, opening)
    for entry in list(journal.records(Provisional)):
        journal.forget(Provisional, entry)  # central's balances hold what became of it
    for meter in list(journal.records(Billed)):
        journal.forget(Billed, meter)
    accounts = dict.fromkeys([*journal.bucket_accounts(), *(b.account for b in opening.balances)])
    for account in accounts:
        _adopt_balances(journal, account, opening, now)
    _adopt_months(journal, opening.months)
    # Ties in force first: a meter that was put in since bills the one before it up to where that stands, which is central's then.
    begun = sorted(opening.registers_wh.items(), key=lambda row: has_binding_due(journal, row[0], now))
    for meter, register_wh in begun:
        billed_ms = opening.billed_ms.get(meter)
        billed_at = None if billed_ms is None else Instant(NO_BOOT, 0, billed_ms, True)
        _adopt_register(journal, meter, register_wh, billed_at, now)
    adopt_controls(journal, opening, now)
    adopt_locks(journal, opening, now)
    return ""


def _adopt_months(journal: Journal, used: Sequence[MonthUsed]) -> None:
    """Let the steps of a month go on where central's entries end (C-9)."""
    for account in dict.fromkeys(month.account for month in used):
        state = journal.record(AccountState, account) or AccountState(account)
        mine = sorted((m for m in used if m.account == account), key=lambda m: m.month)
        months = tuple(MonthUse(month.month, month.used_wh) for month in mine)
        journal.keep(account, msgspec.structs.replace(state, months=months))


def _adopt_balances(journal: Journal, account: AccountId, opening: Opening, now: Instant) -> None:
    """Move every bucket to central's figure; the difference is the entry."""
    gathered = with_own_credit(journal, account)
    if gathered is None:
        return
    held = {(b.name, b.unit, b.expires_ms): b.balance for b in gathered.buckets}
    wanted = {(b.bucket, b.unit, b.expires_ms): b.amount for b in opening.balances if b.account == account}
    postings = [
        Posting(*key, wanted.get(key, 0) - held.get(key, 0))
        for key in dict.fromkeys([*held, *wanted])
        if wanted.get(key, 0) != held.get(key, 0)
    ]
    if postings:
        post(
            journal,
            gathered,
            EntryKind.OPENING,
            EntryCause.COMMAND,
            postings,
            now,
            source=opening.epoch,
            carried_nano_yuan=0,
        )


def _adopt_register(
    journal: Journal, meter: MeterNo, register_wh: int, billed_at: Instant | None, now: Instant
) -> None:
    """Bill a meter from central's last billed register on, whatever this store remembers of it."""
    state = journal.record(MeterState, meter) or MeterState(meter)
    ahead_wh = moved_wh(register_wh - (register_wh if state.register_wh is None else state.register_wh))
    if state.register_wh is None or ahead_wh > 0:
        state = MeterState(
            meter,
            register_wh,
            state.total_wh + ahead_wh,
            billed_at or _NO_TIME,
            state.raw,
            identity=state.identity,
        )
        journal.keep(meter, state)
        ahead_wh = 0
    point = Closed(meter, state.total_wh + ahead_wh, register_wh, billed_at or now, b"")
    binding = due_binding(journal, meter, now)
    if binding is not None:
        begin_at(journal, binding, point, now)
        return
    tie = journal.record(Tie, meter)
    account = journal.record(AccountState, tie.account) if tie else None
    if account is not None and account.meter == meter:
        moved = msgspec.structs.replace(
            account, settled_wh=point.total_wh, settled_register_wh=register_wh, settled_at=point.at
        )
        journal.keep(account.account, moved)
