"""Makers, models and places: entered, changed, retired, never deleted; each change is on record (R-4.3.3a)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.db import transaction

from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.workshop.devices.models import Device, DeviceType, Maker, Place

Values = Mapping[str, Any]
"""A form's fields by the model's names."""


class ReferenceRefusal(StrEnum):
    """Why nothing was changed."""

    CODE_TAKEN = "code-taken"
    IN_USE = "in-use"
    """Devices lie in the place: it can't be retired, nor hold another kind."""
    HAS_TYPES = "has-types"
    """Active models are of this maker."""
    KIND_IS_FIXED = "kind-is-fixed"
    """Devices of the model have stock numbers that begin with its kind's letter."""


@one_writer
@transaction.atomic
def keep_maker(pk: int | None, values: Values, *, actor: User, now_ms: int) -> Maker | ReferenceRefusal:
    """Enter a maker, or change one."""
    maker = Maker() if pk is None else Maker.objects.select_for_update().get(pk=pk)
    if Maker.objects.filter(code=values["code"]).exclude(pk=pk).exists():
        return ReferenceRefusal.CODE_TAKEN
    if pk and not values["is_active"] and maker.types.filter(is_active=True).exists():
        return ReferenceRefusal.HAS_TYPES
    if changes := _change(maker, values):
        _on_record("keep-maker", maker.code, changes, actor, now_ms)
    return maker


@one_writer
@transaction.atomic
def keep_type(pk: int | None, values: Values, *, actor: User, now_ms: int) -> DeviceType | ReferenceRefusal:
    """Enter a model, or change one: its minimum counts from now on."""
    one = DeviceType() if pk is None else DeviceType.objects.select_for_update().get(pk=pk)
    if DeviceType.objects.filter(code=values["code"]).exclude(pk=pk).exists():
        return ReferenceRefusal.CODE_TAKEN
    if pk and values["kind"] != one.kind and one.devices.exists():
        return ReferenceRefusal.KIND_IS_FIXED
    if changes := _change(one, values):
        _on_record("keep-device-type", one.code, changes, actor, now_ms)
    return one


@one_writer
@transaction.atomic
def keep_place(pk: int | None, values: Values, *, actor: User, now_ms: int) -> Place | ReferenceRefusal:
    """Enter a place, or change one; what it holds stays while something lies in it."""
    place = Place() if pk is None else Place.objects.select_for_update().get(pk=pk)
    if Place.objects.filter(code=values["code"]).exclude(pk=pk).exists():
        return ReferenceRefusal.CODE_TAKEN
    is_moved = pk is not None and (values["holds"] != place.holds or not values["is_active"])
    if is_moved and Device.objects.filter(place=place).exists():
        return ReferenceRefusal.IN_USE
    if changes := _change(place, values):
        _on_record("keep-place", place.code, changes, actor, now_ms)
    return place


def _change(row: Maker | DeviceType | Place, values: Values) -> str:
    """Give a row new values and save it; say what changed, empty when nothing did."""
    before = {} if row.pk is None else {name: getattr(row, name) for name in values}
    changed = {name: value for name, value in values.items() if not before or before[name] != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save()
    return "; ".join(
        f"{name}: {_text(before[name])} -> {_text(value)}" if before else f"{name}: {_text(value)}"
        for name, value in changed.items()
    )


def _text(value: object) -> str:
    return value.code if isinstance(value, Maker) else str(value)


def _on_record(action: str, subject: str, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(), action=action, subject=subject, detail=detail[:200], now_ms=now_ms
    )
