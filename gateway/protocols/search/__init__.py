"""Finding every meter of a line by questions alone: state machines that ask, are told what was heard, and end. No I/O, no clock.

    while not isinstance(question := search.next_question(), Done):
        search.answer(question, what_was_heard)

DL/T 645 (`tree`) is searched by abbreviated addresses, Modbus (`units`) number by number. Both are plain JSON at any moment
(`as_json`, `search_from_json`), so a search goes on after a power cut.
"""

from gateway.protocols.search.questions import FULL_WINDOW_MS, Ask, Done, Heard, Question
from gateway.protocols.search.restore import new_search, search_from_json
from gateway.protocols.search.tree import TreeSearch
from gateway.protocols.search.units import UnitSearch

__all__ = [
    "FULL_WINDOW_MS",
    "Ask",
    "Done",
    "Heard",
    "Question",
    "TreeSearch",
    "UnitSearch",
    "new_search",
    "search_from_json",
]
