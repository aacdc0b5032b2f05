"""What the college prints or sends beside the catalogue's reports: pictures, texts, agreed tables. Each writes its own files.

A new kind of paper is one function here: it is given the folder and what was lived, and gives what it wrote.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils import translation

from central.campus.models import Building
from central.losses.readings.papers import blank_paper
from central.losses.readings.sheets import place_of
from tests.reports.campus_days import CampusDays
from tests.reports.written_papers import Written, write_paper

Writer = Callable[[Path, CampusDays], Iterator[Written]]


def reading_sheets(folder: Path, days: CampusDays) -> Iterator[Written]:
    """The electricians' sheets to read meters by hand (R-4.3.7)."""
    period = days.periods[-1]
    for building in Building.objects.order_by("code"):
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                paper = blank_paper(place_of(building, period), days.now_ms)
                name = f"{period.name}-{building.code}"
                yield from write_paper(folder, language, paper, name, every_copy=False, now_ms=days.now_ms)


OTHERS: list[Writer] = [reading_sheets]
