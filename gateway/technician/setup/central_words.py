"""What can go wrong between this Pi and central's web, in words for somebody who never saw a terminal: what, why, what to do."""

from gateway.adapters.central_web import NoAnswer, WebTrouble
from gateway.contract.enrolment import EnrolRefusal
from gateway.technician.findings import Finding, Level
from gateway.words import mark, say

Words = tuple[str, str, str]

NO_ANSWER: dict[WebTrouble, Words] = {
    WebTrouble.NO_SUCH_HOST: (
        mark("There is no machine of this name: {url}"),
        mark("The name is mistyped, or this Pi has no name server ({detail})."),
        mark("Compare the address with central's page. With a network cable in, `ping` to it must answer."),
    ),
    WebTrouble.NO_NETWORK: (
        mark("This Pi has no network."),
        mark("Nothing can be sent to {url}: {detail}."),
        mark("Put the network cable in, wait until its lights blink, and try again."),
    ),
    WebTrouble.NOBODY_LISTENS: (
        mark("The machine is there, but no central runs on it: {url}"),
        mark("It refuses the connection ({detail})."),
        mark(
            "Ask the administrator whether central is running, and whether its address has a port behind it, as in cards:8000."
        ),
    ),
    WebTrouble.NO_ANSWER: (
        mark("Central does not answer: {url}"),
        mark("It is switched off, very busy, or a firewall is between ({detail})."),
        mark("Try again in a minute. Then ask the administrator to look at central."),
    ),
    WebTrouble.NOT_TLS: (
        mark("What listens there speaks no TLS: {url}"),
        mark("Nothing secret travels, but the link should be private ({detail})."),
        mark("Ask the administrator for the right address."),
    ),
    WebTrouble.TLS_NOT_TRUSTED: (
        mark("The web certificate of central is not trusted by this Pi: {url}"),
        mark("It is made by the college itself, or somebody stands between ({detail})."),
        mark("The enrolment code proves central anyway: a false one can't answer. You may go on."),
    ),
    WebTrouble.TLS_DATES: (
        mark("By this Pi's clock, the web certificate of central is not valid now: {url}"),
        mark("Mostly the clock of the Pi is wrong: it is {clock} here ({detail})."),
        mark(
            "The enrolment code proves central anyway: a false one can't answer. You may go on; the clock is compared then."
        ),
    ),
    WebTrouble.NOT_CENTRAL: (
        mark("What answers there is not central, or an old one: {url}"),
        mark("It does not know how a gateway is enrolled ({detail})."),
        mark("Compare the address with central's page."),
    ),
    WebTrouble.CENTRAL_FAILED: (
        mark("Central has an error of its own: {url}"),
        mark("It could not do what was asked ({detail})."),
        mark("Try again in a minute. Then ask the administrator to look at central's log."),
    ),
}
REFUSALS: dict[str, Words] = {
    EnrolRefusal.UNKNOWN_CODE: (
        mark("Central knows no such code."),
        mark("It is mistyped, of another college, or was replaced by a newer one."),
        mark("Compare it with central's page “Enrolment and certificates”, and type it again."),
    ),
    EnrolRefusal.CODE_NOT_OPEN: (
        mark("The code is right, but not open now."),
        mark("A code works for some hours after an administrator opened it, and for one Pi."),
        mark(
            "Ask the administrator to open the code on central's page “Enrolment and certificates”, then try again."
        ),
    ),
    EnrolRefusal.BAD_MAC: (
        mark("The code does not fit."),
        mark(
            "Its beginning is right and the rest is not: a character is mistyped, or it is of another central."
        ),
        mark("Compare it with central's page “Enrolment and certificates”, and type it again."),
    ),
    EnrolRefusal.GATEWAY_IS_ALIVE: (
        mark("This building has a gateway that was heard within the last hour."),
        mark(
            "Two gateways must not serve one building; who replaces a living one needs an administrator's word."
        ),
        mark(
            "Ask the administrator to approve the replacement on central's page “Enrolment and certificates”. It is tried again by "
            "itself."
        ),
    ),
    EnrolRefusal.NO_CA: (
        mark("Central can't make certificates yet."),
        mark("Its certificate authority was never made, or its broker was never configured."),
        mark(
            "Ask the administrator to run `cardroom-central ca` and `cardroom-central broker-config`, then try again."
        ),
    ),
    EnrolRefusal.BAD_REQUEST: (
        mark("Central does not understand this Pi."),
        mark("Their software does not fit together."),
        mark("Update the older one of the two: cardroom-gateway update FILE."),
    ),
    EnrolRefusal.TOO_MANY: (
        mark("Central takes no more tries from here for a while."),
        mark("Too many wrong codes came from this address."),
        mark("Wait a quarter of an hour. Then compare the code with central's page and try once."),
    ),
    EnrolRefusal.REVOKED_KEY: (
        mark("Central has revoked the key of this Pi."),
        mark("Its card was reported as stolen or replaced, or it is a copy of another gateway's card."),
        mark("Take a blank card, or ask the administrator why the key was revoked."),
    ),
    EnrolRefusal.UNKNOWN_GATEWAY: (
        mark("Central knows no gateway by this key."),
        mark("It was revoked, or another Pi has taken its place."),
        mark(
            "Ask the administrator. If this Pi shall serve the building, set it up again: sudo cardroom-gateway setup"
        ),
    ),
}
OTHER_REFUSAL: Words = (
    mark("Central refuses: {refusal}"),
    mark("This software does not know that word: central is newer."),
    mark("Update this Pi: cardroom-gateway update FILE."),
)


def no_answer_finding(answer: NoAnswer, clock: str = "", level: Level = Level.BAD) -> Finding:
    """Say why central gave no answer. `clock`: what this Pi's clock shows. `level`: ASK where a person may go on all the same."""
    what, why, next_step = NO_ANSWER[answer.trouble]
    facts = {"url": answer.url, "detail": answer.detail, "clock": clock}
    return Finding(
        "central",
        level,
        answer.trouble.value,
        say(what, **facts),
        say(why, **facts),
        say(next_step, **facts),
    )


def refusal_finding(refusal: str, level: Level = Level.BAD) -> Finding:
    """Say what a refusal of central means. `level`: ASK where it is waited for."""
    what, why, next_step = REFUSALS.get(refusal, OTHER_REFUSAL)
    return Finding(
        "central",
        level,
        refusal,
        say(what, refusal=refusal),
        say(why, refusal=refusal),
        say(next_step, refusal=refusal),
    )
