"""Each building's low-balance list as it goes to a group: the text, and the pictures (R-4.1.6)."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils import translation
from PIL import Image

from central.campus.models import Building
from central.reports.low_balance.lists import make_list
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.picture import WIDTH, pictures_of
from central.reports.low_balance.words import lines_of, title_of
from tests.reports.campus_days import CampusDays
from tests.reports.written_papers import Written


def write(folder: Path, days: CampusDays) -> Iterator[Written]:
    """Make a list of each building as of now, and write it in every language."""
    for building in Building.objects.order_by("code"):
        kept = make_list(building, f"looked at {building.code}", now_ms=days.now_ms)
        assert isinstance(kept, LowBalanceList), kept
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                yield from _written(folder, kept, language)


def _written(folder: Path, kept: LowBalanceList, language: str) -> Iterator[Written]:
    title, lines = title_of(kept), lines_of(kept)
    place_of = folder / language
    place_of.mkdir(parents=True, exist_ok=True)
    stem = f"low-balance-list-{kept.building.code}"
    text = place_of / f"{stem}.txt"
    text.write_text("\n".join([title, *lines]) + "\n", encoding="utf-8")
    yield Written(text, title, text.stat().st_size, f"{len(kept.rows)} rooms")
    for place, picture in enumerate(pictures_of(kept, language), start=1):
        path = place_of / f"{stem}-{place}.png"
        path.write_bytes(picture.content)
        with Image.open(BytesIO(picture.content)) as drawn:
            wide, high = drawn.size
        faults = () if wide == WIDTH else (f"{wide} px wide",)
        yield Written(path, title, len(picture.content), f"{wide} x {high}", faults)
