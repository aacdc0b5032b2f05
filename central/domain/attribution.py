"""Who? Which rooms' meters a group's unexplained loss follows (R-B2), and what follows no room: a tap in the corridor. Pure.

Accuses nobody: a suspect is a work order for a person who goes and looks. How it is found out is in docs/losses-science.md.
"""

from central.domain.attributed import Attribution, Pattern, Suspect, Verdict
from central.domain.group_hours import LEAST_INTERVALS, GroupHours
from central.domain.loss_followers import Findings, Follower, find
from central.domain.loss_rows import Rows, rows_of

__all__ = ["Attribution", "GroupHours", "Pattern", "Suspect", "Verdict", "attribute"]

NAMED_FROM = 0.8
"""Below this confidence nobody is named; the room stays in `ranked`."""
SURE_SIGMAS = 3.0
"""So many standard uncertainties must what follows no room lie above zero before it is called a tap."""


def attribute(hours: GroupHours) -> Attribution:
    """Say which rooms the unexplained loss of these intervals follows. Never refuses: what can't be judged is a verdict."""
    if not hours.subs_wh:
        return Attribution(Verdict.NO_SUBS)
    if not any(value is not None for value in hours.master_wh):
        return Attribution(Verdict.NO_MASTER, not_judged=tuple(hours.subs_wh))
    rows = rows_of(hours)
    if rows is None or len(rows.kept) < LEAST_INTERVALS:
        return Attribution(Verdict.TOO_LITTLE_DATA, not_judged=tuple(hours.subs_wh))
    if rows.is_master_below_subs:
        return Attribution(
            Verdict.MASTER_BELOW_SUBS, not_judged=tuple(hours.subs_wh), intervals=len(rows.kept),
            unexplained_wh=rows.loss_sum_wh, unattributed_wh=rows.loss_sum_wh,
        )  # fmt: skip
    return _told(rows, find(rows))


def _told(rows: Rows, found: Findings) -> Attribution:
    unexplained_wh = found.unattributed_wh + sum(one.missing_wh for one in found.named(NAMED_FROM))
    ranked = tuple(_suspect(one, unexplained_wh, rows.days) for one in found.followers)
    suspects = tuple(one for one in ranked if one.confidence >= NAMED_FROM)
    is_tap = found.unattributed_wh > SURE_SIGMAS * found.unattributed_sd_wh
    return Attribution(
        verdict=_VERDICTS[bool(suspects), is_tap],
        suspects=suspects,
        ranked=ranked,
        not_judged=rows.not_judged,
        intervals=len(rows.kept),
        unexplained_wh=round(unexplained_wh),
        unattributed_wh=round(found.unattributed_wh),
        unattributed_uncertainty_wh=round(2 * found.unattributed_sd_wh),
    )


_VERDICTS = {
    (False, False): Verdict.NOTHING_UNUSUAL,
    (True, False): Verdict.UNDER_READING,
    (False, True): Verdict.CORRIDOR_TAP,
    (True, True): Verdict.BOTH,
}


def _suspect(one: Follower, unexplained_wh: float, days: float) -> Suspect:
    share = one.missing_wh / unexplained_wh if unexplained_wh > 0 else 0.0
    return Suspect(
        meter=one.meter,
        missing_wh=round(one.missing_wh),
        uncertainty_wh=round(2 * one.sd_wh),
        share=min(1.0, max(0.0, share)),
        confidence=one.confidence,
        t=one.t,
        evidence=one.evidence,
        pattern=one.pattern,
        days=days,
    )
