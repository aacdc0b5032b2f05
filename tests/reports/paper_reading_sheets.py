"""The electricians' sheets to read meters by hand (R-4.3.7)."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils import translation

from central.campus.models import Building
from central.losses.readings.papers import blank_paper
from central.losses.readings.sheets import place_of
from tests.reports.campus_days import CampusDays
from tests.reports.written_papers import Written, write_paper


def write(folder: Path, days: CampusDays) -> Iterator[Written]:
    """Write each building's blank sheet of the last period."""
    period = days.periods[-1]
    for building in Building.objects.order_by("code"):
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                paper = blank_paper(place_of(building, period), days.now_ms)
                name = f"{period.name}-{building.code}"
                yield from write_paper(folder, language, paper, name, every_copy=False, now_ms=days.now_ms)
