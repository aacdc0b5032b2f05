"""Words that several screens share: why a call failed, where a relay is, how it was judged."""

from collections.abc import Mapping

from gateway.contract.facts import RelayVerdict
from gateway.words import language, mark, say

REASONS = {
    "silent": mark("silent"),
    "wrong-parity": mark("wrong parity"),
    "wrong-baud": mark("another speed"),
    "swapped-wires": mark("A and B swapped"),
    "collision": mark("two answer at once"),
    "other-meter": mark("another meter answers"),
    "stale": mark("answers late"),
    "unexpected": mark("another master asks"),
}
"""Why a meter's last call failed; what is not here is a damage by its own name."""
POSITIONS = {"closed": mark("closed"), "open": mark("open"), "unknown": mark("unknown")}
VERDICTS: dict[str, str] = {
    RelayVerdict.CONFIRMED: mark("confirmed"),
    RelayVerdict.DELAYED: mark("delayed"),
    RelayVerdict.CONTRADICTED: mark("contradicted"),
    RelayVerdict.WAITING_KEY: mark("waits for its key"),
    RelayVerdict.REFUSED: mark("refused"),
    RelayVerdict.UNKNOWN: mark("unknown"),
    RelayVerdict.HELD: mark("held"),
}
HEARING = {"hears": mark("no"), "needed": mark("yes")}
"""Whether a meter needs FE before a question; untried, or Modbus, it is not known."""
ALARMS = {
    "meter-silent": mark("Meter does not answer"),
    "meter-in-doubt": mark("Meter's readings in doubt"),
    "relay-contradicted": mark("Relay and current contradict each other"),
    "relay-refused": mark("Meter refuses the relay command"),
    "account-quarantined": mark("Account quarantined"),
    "account-held": mark("Account held: not cut, though its credit is spent"),
    "binding-baseline": mark("Register at the tie does not fit"),
    "cut-guard": mark("Too many cuts at once"),
    "clock-untrusted": mark("Gateway's clock not trusted"),
    "line-gone": mark("A line or its adapter is gone"),
    "meter-missing": mark("Meter is on no line of its gateway"),
    "meter-unusable": mark("Meter can't be used: its row is wrong"),
    "registry-damaged": mark("The gateway's list of meters is damaged"),
    "store-full": mark("The gateway's disk was full"),
    "energy-loss": mark("Energy is missing between master and sub meters"),
    "unusual-loss": mark("More energy than usual is missing"),
    "master-below-subs": mark("The master meter counts less than its sub meters"),
    "meter-counts-backwards": mark("Meter counts backwards"),
    "cover-opened": mark("A meter's cover was opened"),
    "reverse-energy": mark("Energy flows backwards through a meter"),
    "reverse-flow": mark("A meter says that energy flows backwards"),
    "still-with-current": mark("A current flows, but the register stands still"),
    "voltage-lost": mark("A meter lacks the voltage of a phase"),
    "meter-clock-off": mark("A meter's clock is wrong"),
    "meter-clock-set": mark("A meter's clock was set"),
    "meter-clock-not-set": mark("A meter did not take the time it was told"),
    "line-told-the-time": mark("A line's meters were told the time"),
    "address-twice": mark("Two meters seem to share an address"),
    "meter-failing": mark("A meter fails more often than the others of its line"),
    "address-open": mark("A meter was given an address and answers nowhere"),
    "address-changed": mark("A technician gave a meter another address"),
    "period-register-differs": mark("A meter's own monthly register differs"),
    "locked-out": mark("Locked out by a technician"),
    "lock-out-ended": mark("A technician ended a lock-out"),
    "cuts-approved": mark("A technician approved held cuts"),
    "emergency-drawn": mark("Emergency supply drawn on site"),
    "account-released": mark("A technician released an account"),
    "alarm-resolved": mark("A person resolved an alarm"),
    "voucher-codes-refused": mark("Wrong codes of credit were typed at the gateway"),
    "software-control": mark("Room without a good meter: supplied, billed nothing"),
    "power-trip-waits": mark("Cut for its power too often: a person must close it"),
    "price-too-old": mark("A price reaches back before what its gateway keeps: adjust the rest by hand"),
    "store-behind": mark("The gateway's store went back in time"),
    "exists-with-different": mark("Same id with other content"),
}
"""The gateway's alarms, as central's pages name them."""
WHY = {
    "credit-left": mark("credit left"),
    "credit-low": mark("credit low"),
    "credit-spent": mark("credit spent"),
    "protected": mark("protected room"),
    "spent-protected": mark("credit spent, but the room is protected"),
    "no-cut-off": mark("cannot be cut"),
    "spent-no-cut-off": mark("credit spent, but it cannot be cut"),
    "monthly": mark("billed monthly"),
    "card-meter": mark("the card keeps the credit"),
    "meter-in-doubt": mark("readings in doubt: held until they agree"),
    "account-quarantined": mark("account quarantined: a person must release it"),
    "account-closed": mark("account closed"),
    "cut-guard": mark("too many cuts at once: waits for a person"),
    "newly-bound": mark("new account: its first credit may still be on its way"),
    "estimate": mark("by estimate only: nothing is cut on it"),
    "unconfirmed": mark("to be confirmed by a second reading"),
    "spared": mark("credit spent, but a rule spares the room"),
    "no-cut-window": mark("credit spent, but nothing is cut while the desk is closed"),
    "emergency": mark("credit spent: supplied on emergency credit"),
    "isolated": mark("credit spent: supplied while the gateway cannot reach the server"),
    "time-to-pay": mark("credit spent: there is time to pay what was used without a meter"),
    "software-control": mark("no good meter: supplied, estimated, never cut"),
    "lights-out": mark("lights out by the time-table"),
    "before-lock-out": mark("as it stood before the lock-out"),
    "power-cap": mark("too much power"),
    "night-cap": mark("too much power at night"),
    "high-power": mark("high-power appliance"),
    "commanded": mark("commanded, to be read back"),
    "no-effect": mark("commanded, but nothing changed"),
    "no-relay": mark("the meter has no relay"),
    "silent": mark("the meter does not answer"),
    "changed by itself": mark("changed by itself"),
    "status open, but the current was not read": mark("status open, but the current was not read"),
    "keep-power": mark("the meter is set to keep the power on"),
    "password": mark("the meter refuses the password"),
    "expired": mark("the command came too late"),
    "the meter delays the trip": mark("the meter delays the trip"),
    "press the meter's key": mark("press the meter's key"),
    "other": mark("the meter refuses and gives no reason"),
    "illegal-data": mark("the meter finds the data wrong"),
    "no-such-data": mark("the meter does not know this command"),
    "suspended": mark("the meter's remote control is suspended"),
    "mac": mark("the meter finds the signature wrong"),
    "not-authenticated": mark("the meter wants an authentication first"),
    "keep-power-refuses-pre-trip": mark("the meter is set to keep the power on and refuses the warning"),
    "bad-duration": mark("the meter finds the duration wrong"),
    "already-tripped": mark("the meter has opened already"),
    "illegal-function": mark("the meter does not know this function"),
    "illegal-address": mark("the meter has no such relay register"),
    "illegal-value": mark("the meter does not take this value"),
    "device-failure": mark("the meter reports a failure of its own"),
    "busy": mark("the meter is busy"),
}
"""Why a relay is where it is, or is not: the domain's words."""

DOUBTS = {
    "before-release": mark("it is earlier than this software"),
    "before-last-stored": mark("it is earlier than what was already written"),
    "far-ahead": mark("it is far ahead of what was last written"),
    "disagrees-with-central": mark("it differs from central's"),
    "stepped": mark("it jumped"),
}
"""Why the machine's clock is not believed."""


def reason_text(reason: str) -> str:
    """Say why a call failed."""
    text = REASONS.get(reason)
    return say(text) if text else say("damaged: {reason}", reason=reason)


def alarm_text(what: str) -> str:
    """Name an alarm; one without a sentence keeps its own word."""
    text = ALARMS.get(what)
    return say(text) if text else what


def in_chinese(word: str, words: Mapping[str, str]) -> str:
    """Give a stable word's sentence where Chinese is spoken: in English the word itself is shown, which logs and manuals have."""
    return say(words[word]) if language() == "zh" and word in words else word


def relay_text(state: str) -> str:
    """Put `closed confirmed` into words."""
    position, _, verdict = state.partition(" ")
    if position not in POSITIONS:
        return state
    if "unknown" in (position, verdict):
        return say(POSITIONS[position])
    judged = say(VERDICTS.get(verdict, verdict))
    return f"{say(POSITIONS[position])} {judged}"
