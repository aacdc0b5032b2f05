"""A campus of many rooms, put straight into the tables: for measures, where the import is not what is measured."""

from central.campus.models import Account, Binding, Building, CustomerClass, Meter, MeteringPoint, Room
from tests.central.conftest import NOW_MS

ROWS_AT_ONCE = 1_000


def make(buildings: int, rooms_each: int) -> list[str]:
    """Make buildings b1, b2 ... with rooms r1, r2 ... of the class `dormitory`; give the rooms' labels in order."""
    dormitory = CustomerClass.objects.get(code="dormitory")
    houses = Building.objects.bulk_create(
        [Building(code=f"b{n}", name=f"House {n}") for n in range(1, buildings + 1)]
    )
    rooms = _stored(
        Room, [Room(building=h, label=f"r{n}", floor=1) for h in houses for n in range(1, rooms_each + 1)]
    )
    points = _stored(
        MeteringPoint,
        [MeteringPoint(code=room.full_label, room=room, customer_class=dormitory) for room in rooms],
    )
    accounts = _stored(
        Account,
        [Account(code=f"{point.code}.1", point=point, opened_ms=NOW_MS - 86_400_000) for point in points],
    )
    meters = _stored(
        Meter, [Meter(meter_no=f"x-{room.full_label}", building=room.building) for room in rooms]
    )
    ties = [
        Binding(code=f"t-{meter.meter_no}", meter=meter, account=account, from_ms=NOW_MS - 86_400_000)
        for meter, account in zip(meters, accounts, strict=True)
    ]
    _stored(Binding, ties)
    return [room.full_label for room in rooms]


def _stored(model: type, rows: list) -> list:
    return model.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
