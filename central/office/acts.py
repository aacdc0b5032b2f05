"""The acts that people must sign before they are done. The app that owns an act registers it when it starts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from central.domain.approval import Chain
from central.domain.known_settings import Kind, Known
from central.domain.paper import Table
from central.office.models import User

Content = dict[str, Any]
"""What is asked for, as JSON: words, whole numbers, yes and no, lists and tables of these."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What an act is told when the last signature is given."""

    number: int
    asked_by: User
    signed_by: tuple[User, ...]
    why: str
    now_ms: int

    @property
    def signers(self) -> list[User]:
        """Who signed, each once, without who asked."""
        return list({one.pk: one for one in self.signed_by if one.pk != self.asked_by.pk}.values())


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of act: who may ask, who signs by default, what a signer is shown, and what is done in the end."""

    code: str
    title: str | Promise
    roles: tuple[str, ...]
    chain: Chain
    show: Callable[[Content], list[Table]]
    """The whole of what is asked, as of now and in the active language: the signer sees what he signs."""
    carry_out: Callable[[Content, Approved], str]
    """Does it, inside the last signature's transaction. Gives "", or in words why it can't be done: then nothing of it is kept."""
    address: Callable[[Content], str] = lambda _content: ""
    """The page that it is about."""
    about: Callable[[Content], str] = lambda _content: ""
    """What it is about, in words; "" where the request's subject says it."""
    barred: Callable[[Content], Collection[int]] = lambda _content: ()
    """People, by their keys, who sign nothing of it whatever their office: it is about what they did themselves."""
    copies: tuple[str, ...] = ()
    """Offices that file a copy; the original stays with the last office of the chain."""

    @property
    def setting(self) -> Known:
        """The dated setting that says who signs."""
        return Known(f"approval.{self.code}", Kind.CHAIN, [], "R-4.2.1")


_ACTS: dict[str, Act] = {}


def register(act: Act) -> None:
    """Make an act known; the same code again replaces the former."""
    _ACTS[act.code] = act


def act_of(code: str) -> Act | None:
    """Give an act by its code."""
    return _ACTS.get(code)


def all_acts() -> list[Act]:
    """Give every act, in the order in which they were registered."""
    return list(_ACTS.values())
