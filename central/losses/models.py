"""The tables of this app, each beside what writes it. Named here because Django looks for tables in this module."""

from central.losses import case_models
from central.losses.abnormal import models as abnormal_models
from central.losses.balances import judgement_models
from central.losses.checks import check_models
from central.losses.explain import models as explain_models
from central.losses.readings import models as reading_models
from central.losses.rounds import round_models
from central.losses.theft import models as theft_models

TABLES_ELSEWHERE = (
    *(case_models, judgement_models, check_models, round_models),
    *(reading_models, theft_models, explain_models, abnormal_models),
)
