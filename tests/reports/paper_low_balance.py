"""The low-balance lists as they go to the groups (R-4.1.6): text to copy, and the pictures. No names."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils import translation
from PIL import Image

from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.picture import pictures_of
from central.reports.low_balance.words import lines_of, title_of
from tests.reports.campus_days import CampusDays
from tests.reports.written_papers import Written


def write(folder: Path, days: CampusDays) -> Iterator[Written]:
    """Write each building's newest list with a room on it."""
    newest: dict[int, LowBalanceList] = {}
    for kept in LowBalanceList.objects.select_related("building").order_by("at_ms"):
        if kept.rows:
            newest[kept.building_id] = kept
    for kept in newest.values():
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                yield from _write(folder / language, kept, language)


def _write(place: Path, kept: LowBalanceList, language: str) -> Iterator[Written]:
    title, stem = title_of(kept), f"low-balance-{kept.building.code}-{kept.day}"
    text = "\n".join([title, *lines_of(kept)]) + "\n"
    (place / f"{stem}.txt").write_text(text, encoding="utf-8")
    yield Written(place / f"{stem}.txt", title, len(text.encode()), f"{len(kept.rows)} rooms")
    for number, picture in enumerate(pictures_of(kept, language), start=1):
        path = place / f"{stem}-{number}.png"
        path.write_bytes(content := picture.content)
        width, height = Image.open(BytesIO(content)).size
        faults = () if width == 1080 else (f"{width} pixels wide",)
        yield Written(path, title, len(content), f"{width}x{height}", faults)
