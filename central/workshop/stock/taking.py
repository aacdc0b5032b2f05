"""Take stock: begin, keep each scan at once, close with the differences booked, or give up (R-4.3.3a)."""

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.domain.device_states import DeviceAct, Holds
from central.domain.stock_count import WRITES, Line, Outcome
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import BrokenInvariant, record_audit
from central.office.models import User
from central.workshop.devices.models import Device, Place
from central.workshop.devices.operations import DeviceMove, Refused, step
from central.workshop.devices.queries import named
from central.workshop.stock.models import StockScan, StockTaking, StockTakingEnd
from central.workshop.stock.taking_queries import (
    Comparison,
    comparison,
    open_takings,
    open_takings_at,
    places_of,
)

LONGEST_LABEL, MOST_LABELS, MOST_CHANGES = 80, 200, 500
NUMBER = re.compile(r"[MC]-[0-9]{6,9}?(?=[MC]-|$)", re.IGNORECASE)
"""A stock number; several run together where a reader went on while the network was gone."""


class TakingRefusal(StrEnum):
    """Why nothing was kept."""

    ALREADY_OPEN = "already-open"
    """Stock is taken there already."""
    NO_PLACE = "no-place"
    """There is no place to count yet."""
    ENDED = "ended"
    NO_LABEL = "no-label"
    TOO_MANY = "too-many"
    OTHER_PLACE = "other-place"
    """The place is not among those that are counted."""
    SEVERAL = "several"
    """Several devices have this serial number: their stock numbers tell them apart."""
    CHANGED = "changed"
    """Something was counted or changed since the differences were shown."""
    TOO_MANY_CHANGES = "too-many-changes"
    """More records would change than a day in a store changes: nobody has counted there yet. The desk would wait, too."""
    NOT_PUT_BACK = "not-put-back"
    NO_ARRIVALS_PLACE = "no-arrivals-place"
    """What was missing and is here must be checked: say where it is put."""
    NO_REASON = "no-reason"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a reader or a finger typed: one label or several. `scan`: the form's id."""

    scan: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Closing:
    """What who closes has seen and says."""

    shown: str
    """`Comparison.digest` of the page he saw."""
    arrivals: Place | None = None
    has_put_back: bool = False


@one_writer
@transaction.atomic
def begin(
    taking: str, place: Place | None, note: str, *, actor: User, now_ms: int
) -> StockTaking | TakingRefusal:
    """Begin a stock-taking of a place, or of all; what lies there now is kept as what is expected."""
    lock_head()
    if (known := StockTaking.objects.filter(taking=taking).first()) is not None:
        return known
    if open_takings().exists() if place is None else open_takings_at([place.pk]):
        return TakingRefusal.ALREADY_OPEN
    if not Place.objects.filter(is_active=True).exists():
        return TakingRefusal.NO_PLACE
    lying = (
        Device.objects.filter(place__isnull=False) if place is None else Device.objects.filter(place=place)
    )
    made = StockTaking.objects.create(
        taking=taking,
        place=place,
        expected=dict(lying.order_by("number").values_list("number", "place__code")),
        note=note.strip()[:200],
        begun_ms=now_ms,
        by=actor,
    )
    _on_record("begin-stock-taking", made, place.code if place else "", actor, now_ms)
    return made


@one_writer
@transaction.atomic
def scan(number: int, said: Scan, *, actor: User, now_ms: int) -> list[StockScan] | TakingRefusal:
    """Keep what was read, each label as its own scan; the same form again changes nothing."""
    taking = _locked(number)
    if (known := _kept(said.scan, taking)) is not None:
        return known
    if hasattr(taking, "end"):
        return TakingRefusal.ENDED
    if said.place.pk not in {place.pk for place in places_of(taking)}:
        return TakingRefusal.OTHER_PLACE
    labels = labels_in(said.text)
    if not labels:
        return TakingRefusal.NO_LABEL
    if len(labels) > MOST_LABELS:
        return TakingRefusal.TOO_MANY
    found = [(label, device_of(label)) for label in labels]
    if any(device is TakingRefusal.SEVERAL for _label, device in found):
        return TakingRefusal.SEVERAL
    return [
        StockScan.objects.create(
            scan=_id_of(said.scan, place_in_form),
            taking=taking,
            label=label,
            device=device if isinstance(device, Device) else None,
            place=said.place,
            at_ms=now_ms,
            by=actor,
        )
        for place_in_form, (label, device) in enumerate(found)
    ]


@one_writer
@transaction.atomic
def strike(number: int, scan_pk: int, id_: str, *, actor: User, now_ms: int) -> StockScan | TakingRefusal:
    """Take a scan back: its device, or its unknown label, counts as not counted until it is read again."""
    taking = _locked(number)
    if (known := _kept(id_, taking)) is not None:
        return known[0] if isinstance(known, list) else known
    if hasattr(taking, "end"):
        return TakingRefusal.ENDED
    wrong = StockScan.objects.filter(taking=taking, pk=scan_pk).first()
    if wrong is None:
        return TakingRefusal.NO_LABEL
    return StockScan.objects.create(
        scan=_id_of(id_, 0),
        taking=taking,
        label=wrong.label,
        device=wrong.device,
        place=wrong.place,
        is_struck=True,
        at_ms=now_ms,
        by=actor,
    )


@one_writer
@transaction.atomic
def close(number: int, said: Closing, *, actor: User, now_ms: int) -> StockTakingEnd | TakingRefusal:
    """Book the differences that were shown, and keep both counts. Closed once; again it is refused."""
    lock_head()
    taking = _locked(number)
    if hasattr(taking, "end"):
        return TakingRefusal.ENDED
    found = comparison(taking)
    if found.digest != said.shown:
        return TakingRefusal.CHANGED
    if sum(found.count(outcome) for outcome in WRITES) > MOST_CHANGES:
        return TakingRefusal.TOO_MANY_CHANGES
    if found.count(Outcome.MISLAID) and not said.has_put_back:
        return TakingRefusal.NOT_PUT_BACK
    places = {place.pk: place for place in Place.objects.all()}
    if said.arrivals is None and any(_needs_arrivals(line, places) for line in found.lines):
        return TakingRefusal.NO_ARRIVALS_PLACE
    for line in found.lines:
        if line.outcome in WRITES:
            _write(taking, line, _target(line, places, said.arrivals), actor, now_ms)
    end = _end(taking, found, places, actor, now_ms)
    counts = ", ".join(f"{one.value} {n}" for one in Outcome if (n := found.count(one)))
    _on_record("close-stock-taking", taking, counts, actor, now_ms)
    return end


@one_writer
@transaction.atomic
def give_up(number: int, why: str, *, actor: User, now_ms: int) -> StockTakingEnd | TakingRefusal:
    """End a stock-taking without booking anything; its scans stay on record."""
    lock_head()
    taking = _locked(number)
    if hasattr(taking, "end"):
        return TakingRefusal.ENDED
    if not why.strip():
        return TakingRefusal.NO_REASON
    _on_record("leave-stock-taking", taking, why.strip(), actor, now_ms)
    return StockTakingEnd.objects.create(
        taking=taking, kind=StockTakingEnd.Kind.GIVEN_UP, why=why.strip()[:300], at_ms=now_ms, by=actor
    )


def labels_in(text: str) -> list[str]:
    """Give the labels of a text: lines and lists apart, words only where one of them is known; numbers that ran together, too."""
    parts = [" ".join(part.split()) for part in re.split(r"[\n\r\t,;，；、]+", text)]
    return [
        label[:LONGEST_LABEL] for part in parts if part for word in _words(part) for label in _apart(word)
    ]


def _words(part: str) -> list[str]:
    words = part.split(" ")
    if len(words) == 1 or named(part):
        return [part]
    return words if any(NUMBER.match(word) or named(word) for word in words[:MOST_LABELS]) else [part]


def _apart(word: str) -> list[str]:
    numbers = NUMBER.findall(word)
    return numbers if len(numbers) > 1 and "".join(numbers) == word else [word]


def device_of(label: str) -> Device | TakingRefusal | None:
    """Give the device that a label names; None: nobody knows it."""
    found = named(label)
    exact = [one for one in found if one.number == label.upper()]
    if exact or len(found) == 1:
        return (exact or found)[0]
    return TakingRefusal.SEVERAL if found else None


def _locked(number: int) -> StockTaking:
    """Give a stock-taking, and let nobody else count or close it meanwhile."""
    return (
        StockTaking.objects.select_for_update(no_key=True, of=("self",))
        .select_related("place")
        .get(pk=number)
    )


def _id_of(form: str, place: int) -> str:
    return form if not place else str(uuid.uuid5(uuid.UUID(form), str(place)))


def _kept(form: str, taking: StockTaking) -> list[StockScan] | TakingRefusal | None:
    """Give what the same form brought before."""
    first = StockScan.objects.filter(scan=form).first()
    if first is None:
        return None
    return [first] if first.taking_id == taking.pk else TakingRefusal.EXISTS_WITH_DIFFERENT


def _needs_arrivals(line: Line, places: dict[int, Place]) -> bool:
    is_back = line.outcome is Outcome.FOUND_AGAIN and line.counted is not None
    return is_back and places[line.counted].holds != Holds.ARRIVALS


def _target(line: Line, places: dict[int, Place], arrivals: Place | None) -> Place | None:
    if line.outcome is Outcome.NOT_THERE or line.counted is None:
        return None
    return arrivals if _needs_arrivals(line, places) else places[line.counted]


def _write(taking: StockTaking, line: Line, place: Place | None, actor: User, now_ms: int) -> None:
    id_ = uuid.uuid5(uuid.NAMESPACE_OID, f"stock-taking {taking.pk} {line.device}").hex
    act: DeviceAct = WRITES[line.outcome]
    move = DeviceMove(id_, act, now_ms, place, source=f"stock-taking:{taking.pk}")
    if isinstance(done := step(line.device, move, actor=actor, now_ms=now_ms), Refused):
        raise BrokenInvariant(f"stock-taking {taking.pk}: {line.device} {done.why} {done.what}")


def _end(
    taking: StockTaking, found: Comparison, places: dict[int, Place], actor: User, now_ms: int
) -> StockTakingEnd:
    codes = {pk: place.code for pk, place in places.items()}
    return StockTakingEnd.objects.create(
        taking=taking,
        kind=StockTakingEnd.Kind.CLOSED,
        lines=[
            [line.device, line.outcome.value, codes.get(line.recorded, ""), codes.get(line.counted, "")]
            for line in found.lines
        ],
        unknown=[[one.label, one.place.code] for one in found.unknown],
        at_ms=now_ms,
        by=actor,
    )


def _on_record(action: str, taking: StockTaking, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"stock-taking {taking.pk}",
        detail=detail[:200],
        now_ms=now_ms,
    )
