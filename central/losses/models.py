"""The tables of this app, each beside what writes it. Named here because Django looks for tables in this module."""

from central.losses import case_models, photo_models
from central.losses.readings import models as reading_models

TABLES_ELSEWHERE = (case_models, photo_models, reading_models)
