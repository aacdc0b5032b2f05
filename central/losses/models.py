"""The tables of this app, each beside what writes it. Named here because Django looks for tables in this module."""

from central.losses import case_models, photo_models
from central.losses.balances import judgement_models
from central.losses.theft import models as theft_models

TABLES_ELSEWHERE = (case_models, photo_models, judgement_models, theft_models)
