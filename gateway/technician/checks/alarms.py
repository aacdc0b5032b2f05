"""The alarms that stand and no other check explains, each with what a person does about it. Pure."""

from collections.abc import Collection, Iterator, Sequence

from gateway.technician.findings import Finding, Level
from gateway.technician.rule_words import detail_text
from gateway.technician.state_words import alarm_text
from gateway.words import mark, say

CHECK = "alarms"
EXPLAINED = frozenset(
    {
        "meter-silent",
        "meter-clock-off",
        "address-twice",
        "line-gone",
        "clock-untrusted",
        "meter-missing",
    }
)
"""What the checks of lines, clock and central tell better."""
NEXT = {
    "relay-contradicted": mark(
        "Read it on site (cardroom-gateway relay); a welded contact or a bypass needs an electrician."
    ),
    "relay-refused": mark("Check the password in the meter's model row, and keep-power on the meter."),
    "meter-in-doubt": mark(
        "Compare the meter's display with the last reading; then cardroom-gateway release."
    ),
    "account-quarantined": mark("Look into its cause; then cardroom-gateway release ACCOUNT --why ..."),
    "cut-guard": mark("Is a line down? If the cuts are right: cardroom-gateway approve-cuts"),
    "meter-unusable": mark("Correct its row: cardroom-gateway meters remove, then add"),
    "registry-damaged": mark("Repair the file, or go back to the one before: its message says how."),
    "store-full": mark(
        "Free some room on the disk, or bring the link back: acknowledged rows are thinned out."
    ),
    "cover-opened": mark("Look at the meter's seals and wires; then cardroom-gateway resolve."),
    "still-with-current": mark("Look for a bypass at the meter."),
    "voltage-lost": mark("Look at the meter's phases and fuses."),
    "reverse-flow": mark("The meter is wired backwards: swap its line wires."),
    "reverse-energy": mark("The meter is wired backwards: swap its line wires."),
    "meter-failing": mark("Watch it: cardroom-gateway trace --meter METER; look at its terminals."),
    "software-control": mark("The room has no meter by central's rules: central ties one to it."),
    "locked-out": mark("Somebody works there. When he is done: cardroom-gateway lock-out METER --end"),
    "exists-with-different": mark("Ask the desk which of the two is right; then cardroom-gateway resolve."),
}
OTHERWISE = mark(
    "Central's page of alarms says what it means; what is settled is ended by cardroom-gateway resolve."
)


def judge_alarms(alarms: Sequence[str], told_elsewhere: Collection[str] = ()) -> Iterator[Finding]:
    """Tell the alarms, given as `what subject: detail`, but those that another check tells, as `what subject`."""
    told = 0
    for alarm in alarms:
        head, _, detail = alarm.partition(": ")
        what, _, subject = head.partition(" ")
        if what in EXPLAINED or head in told_elsewhere:
            continue
        told += 1
        yield Finding(
            CHECK,
            Level.ASK,
            f"alarm-{what}",
            f"{alarm_text(what)}: {subject}",
            detail_text(detail),
            say(NEXT.get(what, OTHERWISE)),
            {"alarm": what, "subject": subject},
        )
    if not told and not alarms:
        yield Finding(CHECK, Level.GOOD, "no-alarms", say("No alarm stands."))
