"""What the names on the wire are called on a page: one outline, one tone and one word each, in the reader's language.

A gateway newer than this server may send a name that isn't here: it is shown as it came, never hidden.
"""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from central.domain.work_lock import LOCKED_OUT_BY
from gateway.contract.facts import CommandOutcome, DecisionKind, EntryCause, EntryKind, RelayVerdict

Words = str | Promise


@dataclass(frozen=True)
class Badge:
    """A state as a page shows it. `tone` is good, warn, bad, info or mute; `icon` is an outline of icons.svg."""

    word: Words
    tone: str
    icon: str


SUPPLIED = Badge(_("Supplied"), "good", "on")
CUT_OFF = Badge(_("Cut off"), "mute", "off")
UNKNOWN = Badge(_("Unknown"), "mute", "unknown")
SILENT = Badge(_("Meter silent"), "warn", "silent")
LOW = Badge(_("Low balance"), "warn", "low")
ONLINE = Badge(_("Connected"), "good", "done")
OFFLINE = Badge(_("Not connected"), "bad", "fail")
PROTECTED = Badge(_("Protected"), "info", "shield")
QUARANTINED = Badge(_("Quarantined"), "bad", "lock")
NO_METER = Badge(_("No meter"), "mute", "unknown")
NO_RELAY = Badge(_("Without a relay"), "mute", "held")

VERDICTS = {
    RelayVerdict.CONTRADICTED: Badge(_("Contradicted"), "bad", "clash"),
    RelayVerdict.DELAYED: Badge(_("Delayed"), "warn", "wait"),
    RelayVerdict.WAITING_KEY: Badge(_("Press the meter's key"), "warn", "key"),
    RelayVerdict.REFUSED: Badge(_("Refused by the meter"), "bad", "fail"),
    RelayVerdict.UNKNOWN: UNKNOWN,
    RelayVerdict.HELD: Badge(_("Held"), "info", "held"),
}

DECISIONS = {
    DecisionKind.OPEN: Badge(_("Cut off"), "mute", "off"),
    DecisionKind.CLOSE: Badge(_("Supply"), "good", "on"),
    DecisionKind.WARN: Badge(_("Warn"), "warn", "low"),
    DecisionKind.HOLD: Badge(_("Hold"), "info", "held"),
}

ENTRY_KINDS: dict[str, Words] = {
    EntryKind.CONSUMPTION: _("Consumption"),
    EntryKind.GRANT: _("Credit received"),
    EntryKind.TAKEN_BACK: _("Taken back"),
    EntryKind.ADJUSTMENT: _("Adjustment"),
    EntryKind.EXPIRED: _("Expired"),
    EntryKind.OPENING: _("Opening balance"),
}

ENTRY_CAUSES: dict[str, Words] = {
    EntryCause.HOUR: _("hourly settlement"),
    EntryCause.DECISION: _("settled for a decision"),
    EntryCause.GRANT: _("settled for a credit"),
    EntryCause.PRICE_EDGE: _("settled at a price change"),
    EntryCause.BINDING: _("settled at a change of meter"),
    EntryCause.CLOSING: _("final settlement"),
    EntryCause.COMMAND: _("by command"),
    EntryCause.CLOCK: _("trued up after the clock was set"),
}

OUTCOMES = {
    CommandOutcome.APPLIED: Badge(_("Applied"), "good", "done"),
    CommandOutcome.EXISTS: Badge(_("Already applied"), "good", "done"),
    CommandOutcome.EXISTS_WITH_DIFFERENT: Badge(_("Same number, other content"), "bad", "clash"),
    CommandOutcome.PARTLY: Badge(_("Partly applied"), "warn", "done"),
    CommandOutcome.EXPIRED: Badge(_("Expired"), "mute", "wait"),
    CommandOutcome.UNKNOWN_ACCOUNT: Badge(_("Account unknown to the gateway"), "bad", "fail"),
    CommandOutcome.UNKNOWN_METER: Badge(_("Meter unknown to the gateway"), "bad", "fail"),
    CommandOutcome.UNSUPPORTED: Badge(_("Not supported"), "bad", "fail"),
    CommandOutcome.PROTECTED: Badge(_("Protected"), "info", "shield"),
    CommandOutcome.LOCKED_OUT: Badge(_("Locked out"), "warn", "lock"),
    CommandOutcome.NEEDS_SECOND_SIGNATURE: Badge(_("Needs a second signature"), "warn", "held"),
    CommandOutcome.PENDING: Badge(_("Under way"), "warn", "wait"),
    CommandOutcome.REFUSED: Badge(_("Refused"), "bad", "fail"),
}

ALARMS: dict[str, Words] = {
    "meter-silent": _("Meter does not answer"),
    "meter-in-doubt": _("Meter's readings in doubt"),
    "relay-contradicted": _("Relay and current contradict each other"),
    "relay-refused": _("Meter refuses the relay command"),
    "account-quarantined": _("Account quarantined"),
    "account-held": _("Account held: not cut, though its credit is spent"),
    "binding-baseline": _("Register at the tie does not fit"),
    "cut-guard": _("Too many cuts at once"),
    "clock-untrusted": _("Gateway's clock not trusted"),
    "line-gone": _("A line or its adapter is gone"),
    "meter-missing": _("Meter is on no line of its gateway"),
    "meter-unusable": _("Meter can't be used: its row is wrong"),
    "registry-damaged": _("The gateway's list of meters is damaged"),
    "store-full": _("The gateway's disk was full"),
    "energy-loss": _("Energy is missing between master and sub meters"),
    "unusual-loss": _("More energy than usual is missing"),
    "master-below-subs": _("The master meter counts less than its sub meters"),
    "meter-counts-backwards": _("Meter counts backwards"),
    "cover-opened": _("A meter's cover was opened"),
    "reverse-energy": _("Energy flows backwards through a meter"),
    "reverse-flow": _("A meter says that energy flows backwards"),
    "still-with-current": _("A current flows, but the register stands still"),
    "voltage-lost": _("A meter lacks the voltage of a phase"),
    "meter-clock-off": _("A meter's clock is wrong"),
    "meter-clock-set": _("A meter's clock was set"),
    "meter-clock-not-set": _("A meter did not take the time it was told"),
    "line-told-the-time": _("A line's meters were told the time"),
    "address-twice": _("Two meters seem to share an address"),
    "meter-failing": _("A meter fails more often than the others of its line"),
    "address-open": _("A meter was given an address and answers nowhere"),
    "address-changed": _("A technician gave a meter another address"),
    "period-register-differs": _("A meter's own monthly register differs"),
    "locked-out": _("Locked out by a technician"),
    "lock-out-ended": _("A technician ended a lock-out"),
    "cuts-approved": _("A technician approved held cuts"),
    "emergency-drawn": _("Emergency supply drawn on site"),
    "account-released": _("A technician released an account"),
    "alarm-resolved": _("A person resolved an alarm"),
    "voucher-codes-refused": _("Wrong codes of credit were typed at the gateway"),
    "software-control": _("Room without a good meter: supplied, billed nothing"),
    "power-trip-waits": _("Cut for its power too often: a person must close it"),
    "price-too-old": _("A price reaches back before what its gateway keeps: adjust the rest by hand"),
    "store-behind": _("The gateway's store went back in time"),
    "exists-with-different": _("Same id with other content"),
    "command-refused": _("The gateway refused a command"),
    "row-differs": _("A row came again with other content"),
    "row-quarantined": _("A row could not be taken"),
    "gateway-revoked": _("The gateway was revoked: nothing of it is believed"),
    "certificate-ends": _("A certificate ends soon, and was not renewed"),
    "messages-refused": _("Messages refused: signature or sender"),
    "rules-unusable": _("The building's rules can't be read: its gateway is not told"),
    "foreign-meter": _("The gateway reads another building's meter"),
    "rows-of-closed-epoch": _("A gateway's former store still sends rows"),
    "voucher-unpaid": _("A sealed voucher was credited, and its sale is not entered"),
    "unknown-grant": _("Credit that this server never gave"),
    "grant-unproved": _("Credit that the gateway says it has, without an entry"),
    "grant-twice": _("The same credit was booked twice"),
    "grant-differs": _("Credit differs from what was given"),
    "balance-differs": _("Balances differ at the watermark"),
    "take-back-differs": _("Taken back differs from what was asked"),
    "bench-clock-refused": _("Gateway runs on a bench clock"),
    "gateway-went-back": _("The gateway was restored to an older state"),
    "gateway-new-epoch": _("The gateway began anew"),
    "notices-stand": _("The sender of notices stands still"),
    "central-behind": _("This server is older than its gateway"),
    "central-restored": _("This server was restored from a backup: a checklist is open"),
    "backup-failed": _("A backup, or its rehearsal, failed"),
}

LOCKERS: dict[str, Words] = {
    "central": pgettext_lazy("locker", "the office"),
    "technician": pgettext_lazy("locker", "a technician on site"),
    "closing": pgettext_lazy("locker", "the closing of the account"),
}
CREDIT_LOW = re.compile(r"credit-low-(\d+)")
"""Which of the class's warning levels was reached."""
WHY: dict[str, Words] = {
    "credit-left": _("credit left"),
    "credit-low": _("credit low"),
    "credit-spent": _("credit spent"),
    "protected": _("protected room"),
    "spent-protected": _("credit spent, but the room is protected"),
    "no-cut-off": _("cannot be cut"),
    "spent-no-cut-off": _("credit spent, but it cannot be cut"),
    "monthly": _("billed monthly"),
    "card-meter": _("the card keeps the credit"),
    "meter-in-doubt": _("readings in doubt: held until they agree"),
    "account-quarantined": _("account quarantined: a person must release it"),
    "account-closed": _("account closed"),
    "cut-guard": _("too many cuts at once: waits for a person"),
    "newly-bound": _("new account: its first credit may still be on its way"),
    "estimate": _("by estimate only: nothing is cut on it"),
    "unconfirmed": _("to be confirmed by a second reading"),
    "spared": _("credit spent, but a rule spares the room"),
    "no-cut-window": _("credit spent, but nothing is cut while the desk is closed"),
    "emergency": _("credit spent: supplied on emergency credit"),
    "isolated": _("credit spent: supplied while the gateway cannot reach the server"),
    "time-to-pay": _("credit spent: there is time to pay what was used without a meter"),
    "software-control": _("no good meter: supplied, estimated, never cut"),
    "lights-out": _("lights out by the time-table"),
    "power-cap": _("too much power"),
    "night-cap": _("too much power at night"),
    "high-power": _("high-power appliance"),
    "commanded": _("commanded, to be read back"),
    "no-effect": _("commanded, but nothing changed"),
    "no-relay": _("the meter has no relay"),
    "silent": _("the meter does not answer"),
    "changed by itself": _("changed by itself"),
    "status open, but the current was not read": _("status open, but the current was not read"),
    "keep-power": _("the meter is set to keep the power on"),
    "password": _("the meter refuses the password"),
    "expired": _("the command came too late"),
    "the meter delays the trip": _("the meter delays the trip"),
    "press the meter's key": _("press the meter's key"),
    "other": _("the meter refuses and gives no reason"),
    "illegal-data": _("the meter finds the data wrong"),
    "no-such-data": _("the meter does not know this command"),
    "suspended": _("the meter's remote control is suspended"),
    "mac": _("the meter finds the signature wrong"),
    "not-authenticated": _("the meter wants an authentication first"),
    "keep-power-refuses-pre-trip": _("the meter is set to keep the power on and refuses the warning"),
    "bad-duration": _("the meter finds the duration wrong"),
    "already-tripped": _("the meter has opened already"),
    "illegal-function": _("the meter does not know this function"),
    "illegal-address": _("the meter has no such relay register"),
    "illegal-value": _("the meter does not take this value"),
    "device-failure": _("the meter reports a failure of its own"),
    "busy": _("the meter is busy"),
}


def why_words(wire_reason: str) -> Words:
    """Give the reader's words for a gateway's reason, or the reason as it came (a person's own words at an override)."""
    if wire_reason.startswith(LOCKED_OUT_BY):
        lockers = wire_reason.removeprefix(LOCKED_OUT_BY).split(", ")
        who = gettext(", ").join(str(LOCKERS.get(locker, locker)) for locker in lockers)
        return gettext("locked out by %(who)s") % {"who": who}
    if stage := CREDIT_LOW.fullmatch(wire_reason):
        return gettext("credit low (warning %(stage)s)") % {"stage": stage[1]}
    parts = wire_reason.split("+")
    if len(parts) > 1 and all(part in WHY for part in parts):
        return gettext("; ").join(str(WHY[part]) for part in parts)
    return WHY.get(wire_reason, wire_reason)


def name_of(table: dict[str, Words], wire_name: str) -> Words:
    """Give the table's words for a wire name, or the name itself."""
    return table.get(wire_name, wire_name)


def badge_of(table: dict[str, Badge], wire_name: str) -> Badge:
    """Give the table's badge for a wire name, or a plain one that says the name itself."""
    return table.get(wire_name, Badge(wire_name, "mute", "unknown"))
