"""The tables of this app, each beside what writes it. Named here because Django looks for tables in this module."""

from central.losses import case_models, photo_models
from central.losses.abnormal import models as abnormal_models
from central.losses.balances import judgement_models
from central.losses.explain import models as explain_models

TABLES_ELSEWHERE = (case_models, photo_models, judgement_models, explain_models, abnormal_models)
