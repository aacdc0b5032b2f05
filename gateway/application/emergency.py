"""A resident's emergency: supplied below the overdraft for a while, once in the rule's time (R-B1). Writes no credit (C-1)."""

import msgspec

from gateway.application.accounts import metered
from gateway.application.decide import decide
from gateway.application.grant import pays_elsewhere
from gateway.application.known_grants import Done
from gateway.application.ports import Journal
from gateway.contract.commands import DrawEmergency
from gateway.contract.facts import CommandOutcome, Instant
from gateway.domain.cutoff import Basis
from gateway.domain.leeway import EmergencyDraw, draw_refusal


def draw_emergency(journal: Journal, body: DrawEmergency, now: Instant) -> Done:
    """Begin an account's emergency and decide on it at once. The same draw again is EXISTS; too early, it is REFUSED."""
    gathered = metered(journal, body.account)
    if gathered is None:
        return Done(CommandOutcome.UNKNOWN_ACCOUNT, body.account)
    if gathered.rule.pays_from:
        return Done(CommandOutcome.REFUSED, pays_elsewhere(gathered))
    drawn = gathered.state.emergency
    if drawn is not None and drawn.draw == body.draw:
        return Done(CommandOutcome.EXISTS)
    refusal = draw_refusal(gathered.rule.emergency, drawn, now)
    if refusal:
        return Done(CommandOutcome.REFUSED, refusal)
    emergency = EmergencyDraw(body.draw, now)
    journal.keep(body.account, msgspec.structs.replace(gathered.state, emergency=emergency))
    journal.must_commit()
    decided = decide(journal, body.account, Basis.ESTIMATE, now)
    return Done(CommandOutcome.APPLIED, relay=decided.woken)
