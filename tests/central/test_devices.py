"""Devices: one record each, one step at a time, good never among faulty, no number twice (R-4.3.1, R-4.3.3a)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.device_states import HELD, DeviceAct, DeviceState, Holds, fits, state_after
from central.workshop.devices.models import Device, DeviceStep, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, DeviceRefusal, NewDevice, Refused, step, take_in
from central.workshop.devices.queries import good_by_type, named


@pytest.fixture
def module(db):
    maker = Maker.objects.create(code="hx", name="Huaxing", mail="claims@example.org")
    return DeviceType.objects.create(
        code="dds-1", kind=DeviceType.Kind.MODULE, maker=maker, name="DDS-1", least_good=3
    )


@pytest.fixture
def places(db):
    return {
        holds: Place.objects.create(code=holds.value, name=holds.value, holds=holds.value) for holds in Holds
    }


def arrive(module, places, serial="A1", name="s1"):
    move = DeviceMove(name, DeviceAct.RECEIVED, 1_000, places[Holds.ARRIVALS])
    return take_in(NewDevice(module, serial), move, actor=None, now_ms=2_000)


def test_a_device_goes_from_delivery_to_scrap_and_each_step_is_kept_once(module, places):
    device = arrive(module, places)
    assert (device.number, device.state) == ("M-000001", "arrived")
    assert arrive(module, places) == device
    walk = [
        DeviceMove("s2", DeviceAct.PASSED, 3_000, places[Holds.GOOD]),
        DeviceMove("s3", DeviceAct.INSTALLED, 4_000, where="101", meter_no="M1-101"),
        DeviceMove("s4", DeviceAct.REMOVED, 5_000, places[Holds.FAULTY], why="dead"),
        DeviceMove("s5", DeviceAct.CLAIMED, 6_000),
        DeviceMove("s6", DeviceAct.SCRAPPED, 7_000, why="the maker gives another"),
    ]
    for move in walk:
        for _again in range(2):
            assert not isinstance(step(device.number, move, actor=None, now_ms=9_000), Refused)
    device.refresh_from_db()
    assert (device.state, device.place, device.meter_no, device.since_ms) == (
        "scrapped",
        None,
        "M1-101",
        7_000,
    )
    assert [one.act for one in DeviceStep.objects.all()] == ["received", *(move.act.value for move in walk)]


def test_what_cannot_be_is_refused_by_name_and_changes_nothing(module, places):
    device = arrive(module, places)
    other = arrive(module, places, "A2", "s2")
    step(other.number, DeviceMove("s3", DeviceAct.PASSED, 1, places[Holds.GOOD]), actor=None, now_ms=1)
    step(other.number, DeviceMove("s4", DeviceAct.INSTALLED, 1, meter_no="M1"), actor=None, now_ms=1)
    before = (list(Device.objects.values()), DeviceStep.objects.count())
    tried = {
        DeviceRefusal.WRONG_PLACE: DeviceMove("x", DeviceAct.PASSED, 1, places[Holds.FAULTY]),
        DeviceRefusal.NO_PLACE: DeviceMove("x", DeviceAct.PASSED, 1),
        DeviceRefusal.NOT_FROM_THIS_STATE: DeviceMove("x", DeviceAct.INSTALLED, 1),
        DeviceRefusal.EXISTS_WITH_DIFFERENT: DeviceMove("s3", DeviceAct.MOVED, 1, places[Holds.ARRIVALS]),
        DeviceRefusal.METER_KNOWN: DeviceMove("x", DeviceAct.MOVED, 1, places[Holds.ARRIVALS], meter_no="M1"),
    }
    for why, move in tried.items():
        refused = step(device.number, move, actor=None, now_ms=1)
        assert isinstance(refused, Refused)
        assert refused.why is why
    assert arrive(module, places, " A2 ", "s9") == Refused(DeviceRefusal.SERIAL_KNOWN, other.number)
    assert arrive(module, places, " ", "s9") == Refused(DeviceRefusal.NO_SERIAL)
    assert (
        step("M-9", tried[DeviceRefusal.NO_PLACE], actor=None, now_ms=1).why is DeviceRefusal.UNKNOWN_DEVICE
    )
    assert (list(Device.objects.values()), DeviceStep.objects.count()) == before


def test_a_device_is_found_by_label_plate_and_meter(module, places):
    device = arrive(module, places)
    assert named(" m-000001 ") == named("a1") == [device]
    assert named("") == named("M-00000") == []
    assert [one.good for one in good_by_type()] == [0]


@given(st.lists(st.sampled_from(list(DeviceAct)), max_size=30))
def test_whatever_is_done_a_device_lies_where_its_state_may_and_scrap_is_the_end(acts):
    state = None
    for act in acts:
        after = state_after(act, state)
        if after is None:
            continue
        assert state is not DeviceState.SCRAPPED
        assert sum(fits(after, holds) for holds in (*Holds, None)) == 1
        # What was in use or away is good again only after a check.
        assert not (
            after is DeviceState.GOOD
            and state not in (DeviceState.ARRIVED, DeviceState.FAULTY, DeviceState.GOOD)
        )
        state = after


def test_every_state_can_be_left_for_scrap_but_scrap():
    reach = {state: {state_after(act, state) for act in DeviceAct} - {None} for state in DeviceState}
    for state in DeviceState:
        seen, todo = set(), [state]
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += reach[one]
        assert DeviceState.SCRAPPED in seen, state
    assert set(HELD.values()) == set(Holds)
