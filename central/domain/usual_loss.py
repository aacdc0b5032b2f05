"""A group's usual loss, learnt from quiet days, for the days that are to be judged. Pure.

The gateway's calibrated rule learns the same from each day's sums, for its alarm (`gateway.domain.loss_calibration`); here the rooms are
known one by one, so that their meters' classes aren't taken for the conductors' loss.
"""

import numpy as np

from central.domain.group_hours import LEAST_INTERVALS, GroupHours, UsualLoss
from central.domain.loss_effects import Effects, Sizes, likeliest
from central.domain.loss_noise import Mixed
from central.domain.loss_rows import rows_of


def learn(quiet: GroupHours) -> UsualLoss | None:
    """Learn from days on which nothing is suspected; None with less than a week, without a master, without subs.

    What was stolen all along passes for usual: a first month wants a person's look.
    """
    rows = rows_of(quiet) if quiet.subs_wh and quiet.master_wh else None
    if rows is None or len(rows.kept) < LEAST_INTERVALS or rows.is_master_below_subs:
        return None
    effects = Effects(rows, is_quiet=True)
    sizes = likeliest(effects, np.zeros((len(rows.kept), 0)), Sizes())
    (target, matrix), _ = effects.whiten(sizes, effects.target[:, None], effects.matrix)
    return effects.usual(*Mixed(matrix, target[:, 0]).posterior(effects.deviations(sizes), sizes.k))
