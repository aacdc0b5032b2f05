"""Why a list of electricity or repair prices was not published."""

from dataclasses import dataclass
from enum import StrEnum

from central.campus.operations import CampusRefusal
from central.domain.rule_json import RuleMistake


class PublishRefusal(StrEnum):
    """Why a list was not published, beside what the campus refuses (`CampusRefusal`)."""

    EMPTY = "empty"
    CLASS_TWICE = "class-twice"
    ITEM_TWICE = "item-twice"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class NotPublished:
    """A named refusal with the class it is about; nothing was kept."""

    why: PublishRefusal | CampusRefusal
    what: str = ""
    mistakes: tuple[RuleMistake, ...] = ()
