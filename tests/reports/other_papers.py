"""What the college prints or sends beside the catalogue's reports: pictures, texts, sheets to write on.

Each kind is a module of its own, `paper_*.py`, with `write(folder, days)`: it is given the folder and what was lived, and gives
what it wrote. A new module is in by being there.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from tests.reports.campus_days import CampusDays
from tests.reports.written_papers import Written

Writer = Callable[[Path, CampusDays], Iterator[Written]]


def writers() -> list[Writer]:
    """Give what writes each other kind of paper."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("paper_*.py"))
    return [import_module(f"tests.reports.{name}").write for name in names]
