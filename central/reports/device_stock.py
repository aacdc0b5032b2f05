"""The store's list (R-4.3.3a): model, quantity and day of arrival by class, state and place, as it stood at the period's end.

It is read from the devices' steps, not from what they are now: a period that is over prints the same for ever.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.clock import campus_day, minute_text
from central.domain.device_states import HELD, DeviceState
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_DEVICES, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.workshop.devices.models import STATES, Device, DeviceStep, DeviceType, Place


@dataclass(frozen=True, slots=True)
class Stood:
    """A device as it stood at an instant."""

    type: int
    state: DeviceState
    place: str
    arrived: str
    """The day; empty for what was entered when it was in use already."""


def build(period: Period) -> Paper:
    """Count what there was at a period's end; of one that goes on, now."""
    from_ms, until_ms = instants_of(period)
    at_ms = min(until_ms, clock.now_ms())
    stood = list(stood_at(at_ms))
    types = {one.pk: one for one in DeviceType.objects.select_related("maker").order_by("kind", "code")}
    return Paper(
        code="device-stock",
        document="",
        title=_("Stock of modules and concentrators"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[_by_model(stood, types), _lying(stood, types)],
        recipients=[_("Store"), _("Network centre"), _("Logistics")],
        signatures=[_("Store keeper"), _("Network-centre director")],
        notes=[
            _("As it stood on %(at)s.") % {"at": minute_text(at_ms)},
            _("Good ones lie apart from faulty ones, and those apart from what is to be checked."),
        ],
    )


def stood_at(at_ms: int) -> Iterable[Stood]:
    """Give each device as its last step before an instant left it."""
    last: dict[str, tuple[str, int | None]] = {}
    steps = DeviceStep.objects.filter(at_ms__lt=at_ms).order_by("received_ms", "pk")
    for number, state, place in steps.values_list("device", "state", "place").iterator():
        last[number] = (state, place)
    codes = dict(Place.objects.values_list("pk", "code"))
    known = Device.objects.order_by().values_list("number", "type", "arrived_ms")
    for number, type_, arrived_ms in known.iterator():
        if number in last:
            state, place = last[number]
            day = campus_day(arrived_ms).isoformat() if arrived_ms is not None else ""
            yield Stood(type_, DeviceState(state), codes.get(place, ""), day)


def _by_model(stood: list[Stood], types: dict[int, DeviceType]) -> Table:
    counts: dict[int, Counter[DeviceState]] = defaultdict(Counter)
    for one in stood:
        counts[one.type][one.state] += 1
    columns = [
        Column("kind", _("Class"), width=10),
        Column("model", _("Model"), width=26),
        Column("maker", _("Maker"), width=16),
        *(Column(state.value, str(STATES[state]), Kind.COUNT, 9, summed=True) for state in DeviceState),
        Column("all", _("In all"), Kind.COUNT, 9, summed=True),
    ]
    rows = [
        Row(_counted(types[key], counts[key]), {"model": _list(type=types[key].code)})
        for key in types
        if counts[key]
    ]
    return Table(_("By class and model"), columns, rows)


def _counted(one: DeviceType, counts: Counter[DeviceState]) -> list[Cell]:
    head: list[Cell] = [one.get_kind_display(), f"{one.code} {one.name}", one.maker.name]
    return [*head, *(counts[state] for state in DeviceState), counts.total()]


def _lying(stood: list[Stood], types: dict[int, DeviceType]) -> Table:
    """What lies in the store: model, state, place, day of arrival, quantity."""
    order = {key: place for place, key in enumerate(types)}
    states = list(DeviceState)
    lying = Counter((one.type, one.state, one.place, one.arrived) for one in stood if one.state in HELD)
    columns = [
        Column("kind", _("Class"), width=10),
        Column("model", _("Model"), width=26),
        Column("state", _("State"), width=14),
        Column("place", _("Place"), width=12),
        Column("arrived", _("Day of arrival"), width=14),
        Column("count", _("Quantity"), Kind.COUNT, 10, summed=True),
    ]
    rows = [
        Row(
            [
                types[key].get_kind_display(),
                f"{types[key].code} {types[key].name}",
                str(STATES[state]),
                place,
                day,
                count,
            ],
            {"count": _list(type=types[key].code, state=state.value, place=place)},
        )
        for (key, state, place, day), count in sorted(
            lying.items(), key=lambda one: (order[one[0][0]], states.index(one[0][1]), one[0][2:])
        )
    ]
    return Table(_("What lies in the store"), columns, rows)


def _list(**narrowed: str) -> str:
    return f"{reverse('workshop:stock')}?{urlencode(narrowed)}"


DEVICE_STOCK = Report(
    code="device-stock",
    title=gettext_lazy("Stock of modules and concentrators"),
    about=gettext_lazy("Model, quantity, place and day of arrival, by class and state, at the period's end."),
    periods=(PeriodKind.DAY, PeriodKind.MONTH),
    roles=SEE_DEVICES,
    build=build,
    told=(Role.STORE, Role.DIRECTOR),
)
