"""The words for what the rules say: decisions, relay verdicts, and what would change a supply. Stable codes on the left."""

from gateway.words import mark, say

DECISIONS = {
    "open": mark("OPEN (cut)"),
    "close": mark("CLOSE (supply)"),
    "warn": mark("WARN (supply, with a warning)"),
    "hold": mark("HOLD (leave it as it is)"),
    "": mark("nothing yet"),
}
REASONS = {
    "credit-left": mark("there is credit left"),
    "credit-low": mark("the credit is low, warning level {level}"),
    "credit-spent": mark("the credit is spent, and a second reading confirmed it"),
    "no-cut-window": mark("the credit is spent, but nobody can pay at this hour"),
    "emergency": mark("the credit is spent, but its emergency was drawn"),
    "isolated": mark("the credit is spent, but central can't be reached, so payments can't arrive"),
    "time-to-pay": mark(
        "the credit is spent, but there is time to pay what was billed for a time without a meter"
    ),
    "account-quarantined": mark("its books wait for a person"),
    "account-closed": mark("the account is closed"),
    "no-cut-off": mark("this point can't be cut"),
    "spent-no-cut-off": mark("the credit is spent, but this point can't be cut"),
    "card-meter": mark("a card meter keeps its own credit"),
    "monthly": mark("it is billed by the month, never cut for credit"),
    "protected": mark("it is protected, and has credit"),
    "spent-protected": mark("the credit is spent, but it is protected and never cut"),
    "software-control": mark(
        "its meter is missing or faulty: supplied under software control, never cut on an estimate"
    ),
    "meter-in-doubt": mark("its meter's readings are in doubt, and nothing is cut on those"),
    "newly-bound": mark("its meter was tied to it just now; its first credit may be on its way"),
    "estimate": mark("the credit seems spent; a reading must say so"),
    "unconfirmed": mark("the credit is spent by one reading; a second one must say so"),
    "cut-guard": mark("too many cuts in a short time: this one waits for a person"),
    "lights-out": mark("the lights are out by the time-table"),
    "before-lock-out": mark("as it stood before the lock-out"),
    "power-cap": mark("it drew more power than allowed"),
    "high-power": mark("a forbidden heater or cooker was switched on"),
    "no-effect": mark("the relay was told, and did not follow"),
    "no-relay": mark("its meter has no relay that can be told"),
    "commanded": mark("the relay was told; it is being read back"),
    "silent": mark("the meter does not answer"),
    "changed by itself": mark("the relay changed without being told"),
    "press the meter's key": mark("the meter waits for its key to be pressed"),
    "the meter delays the trip": mark("the meter delays the cut while much current flows"),
}
VERDICTS = {
    "confirmed": mark("proved by reading back"),
    "contradicted": mark("CONTRADICTED: the relay, its word and the current don't agree"),
    "delayed": mark("delayed by the meter"),
    "waiting-key": mark("waits for the meter's key"),
    "refused": mark("REFUSED by the meter"),
    "unknown": mark("not proved yet"),
    "held": mark("nothing is sent"),
}
WAYS = {
    "lock-technician": mark(
        'End the technician\'s lock-out: cardroom-gateway lock-out {about} --end --why "..."'
    ),
    "lock-central": mark("Central must release its lock-out of {about}."),
    "lock-closing": mark("The account is being closed: the lock-out of {about} stays."),
    "override-ends": mark(
        "A person's order for {about} stands: central must give the relay back to the credit rule."
    ),
    "trip-waits-for-person": mark('Take the load away, then: cardroom-gateway release {about} --why "..."'),
    "trip-ends": mark("It comes back by itself {span} after the cut ({about})."),
    "lights-come-on": mark("The time-table {about} lets it be supplied again: {until}"),
    "relay-contradicted": mark("Look at meter {about}: welded, bypassed, or its status is wrong."),
    "relay-refused": mark(
        "Meter {about} refuses the command: check its model's password and its keep-power state."
    ),
    "relay-unknown": mark("Meter {about} must answer, so that its relay can be read back: look at its line."),
    "relay-delayed": mark("Meter {about} opens once less current flows."),
    "relay-waiting-key": mark("Press the key on meter {about}."),
    "relay-held": mark("The model of meter {about} has no relay; correct it, or cut by hand."),
    "release": mark(
        'Find out why its books are in quarantine, then: cardroom-gateway release {about} --why "..."'
    ),
    "account-closed": mark("Account {about} is closed; only central can open another."),
    "meter-missing": mark("No meter is tied to {about}: central ties one, or cardroom-gateway swap does."),
    "meter-in-doubt": mark(
        'Look at meter {about}; when its register is right: cardroom-gateway release ACCOUNT --why "..."'
    ),
    "meter-silent": mark("Meter {about} does not answer: look at its power and its line."),
    "approve-cuts": mark("Cuts are held: cardroom-gateway approve-cuts --count N"),
    "pay": mark("Pay at least {amount} to {about}."),
    "use": mark("Credit cuts it after {amount} more{energy}."),
    "never-cut-for-credit": mark("Nothing: credit never cuts it ({reason})."),
}


def reason_text(reason: str) -> str:
    """Give a reason's words; what has none, such as a person's own words, as it is."""
    name, _, level = reason.rpartition("-")
    if name == "credit-low" and level.isdigit():
        return say(REASONS[name], level=level)
    return say(REASONS[reason]) if reason in REASONS else reason
