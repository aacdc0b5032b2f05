"""Faults as the workshop sees them: one just reported by its room, one under way that asks for a spare, one gone up, one closed."""

from django.db import transaction

from central import clock
from central.campus.models import Account, Building, Meter, Room
from central.domain.device_states import DeviceAct
from central.domain.fault_rules import Sign
from central.office.models import User
from central.office.roles import Role
from central.workshop.devices.models import Device, DeviceType, Maker
from central.workshop.devices.operations import DeviceMove, NewDevice, take_in
from central.workshop.faults.looking import send_up
from central.workshop.faults.matters import of_line, of_module
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.operations import Step, open_fault, take_step
from central.workshop.faults.residents import report
from central.workshop.faults.signs import Seen
from tests.browser.own_site import PASSWORD
from tests.browser.seed_theft import picture

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BUILDING = "1"
Kind = FaultStep.Kind


def technician() -> User:
    """Give the technician, who is made where nobody made him before."""
    known = User.objects.filter(username="technician").first()
    return known or User.objects.create_user(
        "technician",
        password=PASSWORD,
        role=Role.TECHNICIAN,
        last_name="周强",
        email="technician@example.org",
    )


def module_type() -> DeviceType:
    """Give a model of modules."""
    maker, _made = Maker.objects.get_or_create(
        code="fault-hx", defaults={"name": "华星电表厂", "mail": "claims@example.org"}
    )
    kind, _made = DeviceType.objects.get_or_create(
        code="fault-dds", defaults={"kind": DeviceType.Kind.MODULE, "maker": maker, "name": "DDS-2007"}
    )
    return kind


def adopted(meter_no: str, at_ms: int) -> Device | object:
    """Give the store's record of a module that hangs on a wall."""
    building = Building.objects.get(code=BUILDING)
    move = DeviceMove(f"seed-{meter_no}", DeviceAct.ADOPTED, at_ms, building=building, meter_no=meter_no)
    known = Device.objects.filter(meter_no=meter_no).first()
    new = NewDevice(module_type(), f"SN{meter_no}", meter_no=meter_no, act=DeviceAct.ADOPTED)
    return known or take_in(new, move, actor=None, now_ms=at_ms)


def meter_of(label: str) -> str:
    """Give the meter of a room of the building."""
    return Meter.objects.get(bindings__account__point__room__label=label, building__code=BUILDING).meter_no


def opened(meter_no: str, sign: Sign | Seen, at_ms: int) -> Fault:
    """Open one."""
    matter = of_module(meter_no, Building.objects.get(code=BUILDING), sign)
    step = Step(Kind.OPENED, f"seed-{meter_no}-{at_ms}", at_ms)
    done = open_fault(matter, step, actor=None, now_ms=at_ms)
    assert isinstance(done, Fault), done
    return done


def taken(fault: Fault, kind: FaultStep.Kind, at_ms: int, **said: object) -> None:
    """Take it a step further."""
    step = Step(kind, f"seed-{fault.pk}-{kind}", at_ms, **said)
    done = take_step(fault.pk, step, actor=technician(), now_ms=at_ms)
    assert isinstance(done, Fault), done


def faults() -> None:
    """Make all of them."""
    with transaction.atomic():
        now_ms, kind = clock.now_ms(), module_type()
        room = Room.objects.get(building__code=BUILDING, label="201")
        account = Account.objects.select_related("point__room__building").get(point__room=room)
        report(
            account, Seen.DISPLAY, "昨晚开始不亮", [picture("DISPLAY")], "seed-room", now_ms=now_ms - HOUR_MS
        )
        meter = meter_of("202")
        adopted(meter, now_ms - 400 * DAY_MS)
        working = opened(meter, Sign.SILENT, now_ms - 3 * HOUR_MS)
        taken(working, Kind.ON_SITE, now_ms - 2 * HOUR_MS)
        taken(
            working,
            Kind.FOUND,
            now_ms - HOUR_MS,
            text="模块电源板烧坏，无显示。",
            cause="dead",
            photos=[picture("BOARD", "#6b4a4a")],
        )
        facts = {"type": kind.code, "name": kind.name, "good": 0}
        taken(working, Kind.REPLACEMENT_ASKED, now_ms - HOUR_MS // 2, facts=facts)
        closed = opened(meter_of("203"), Sign.RELAY, now_ms - 5 * DAY_MS)
        taken(closed, Kind.SOLVED, now_ms - 5 * DAY_MS + HOUR_MS, cause="wiring", facts={"how": "wiring"})
        taken(closed, Kind.CLOSED, now_ms - 4 * DAY_MS)
        building = Building.objects.get(code=BUILDING)
        step = Step(Kind.OPENED, "seed-line", now_ms - 2 * DAY_MS)
        open_fault(of_line(building, "b", Sign.LINE_DEAD), step, actor=None, now_ms=now_ms - 2 * DAY_MS)
        send_up(now_ms)
