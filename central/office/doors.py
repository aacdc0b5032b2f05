"""Doors: the pages that a front page leads to, each as far as the reader may open it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from central.office.access import may
from central.office.words import Words


@dataclass(frozen=True, slots=True)
class Door:
    """One page: its name, one sentence about it, its view's name, and who may open it."""

    label: Words
    about: Words
    view: str
    allowed: tuple[str, ...]


def doors_for(request: HttpRequest, doors: Iterable[Door]) -> list[tuple[Door, str]]:
    """Give the doors that the reader may open, each with its address."""
    return [(door, reverse(door.view)) for door in doors if may(request, door.allowed)]
