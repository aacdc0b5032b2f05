"""Stock-taking: each scan kept once, differences as shown, afterwards the records are what was counted (R-4.3.3a)."""

import uuid

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.domain.device_states import HELD, DeviceAct, DeviceState, Holds, fits, state_after
from central.domain.stock_count import WRITES, Counted, Outcome, Recorded, compare
from central.ledger.models import AuditEntry
from central.office.models import User
from central.workshop.devices.models import Device, DeviceStep, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in
from central.workshop.stock import taking
from central.workshop.stock.models import StockScan, StockTaking, StockTakingEnd
from central.workshop.stock.taking import Closing, Scan, TakingRefusal
from central.workshop.stock.taking_paper import taking_paper
from central.workshop.stock.taking_queries import comparison, progress

T0 = 1_795_000_000_000
SHELVES = {"A": Holds.ARRIVALS, "G1": Holds.GOOD, "G2": Holds.GOOD, "F": Holds.FAULTY}
LIES = {"M-000001": "G1", "M-000002": "G1", "M-000003": "G2", "M-000004": "F", "M-000005": "A"}
MISSING, IN_USE, UNKNOWN = "M-000006", "M-000007", "X-77"


class Store:
    """Seven devices on four shelves: five that lie there, one missing, one in use; a clock that each act moves."""

    def __init__(self):
        self.now_ms = T0
        self.keeper = User.objects.create_user("keeper", role=User.Role.STORE)
        maker = Maker.objects.create(code="hx", name="Huaxing")
        self.type = DeviceType.objects.create(code="dds-1", kind="module", maker=maker, name="DDS-1")
        self.places = {
            code: Place.objects.create(code=code, name=code, holds=holds.value)
            for code, holds in SHELVES.items()
        }
        for number, shelf in (*LIES.items(), (MISSING, "G1"), (IN_USE, "G1")):
            self.arrive(number)
            if shelf != "A":
                act = DeviceAct.FAILED if shelf == "F" else DeviceAct.PASSED
                self.lead(number, act, shelf)
        self.lead(MISSING, DeviceAct.LOST)
        self.lead(IN_USE, DeviceAct.INSTALLED)

    def tick(self):
        self.now_ms += 1_000
        return {"actor": self.keeper, "now_ms": self.now_ms}

    def arrive(self, number):
        by = self.tick()
        move = DeviceMove(uuid.uuid4().hex, DeviceAct.RECEIVED, self.now_ms, self.places["A"])
        made = take_in(NewDevice(self.type, f"S{number[-1]}"), move, **by)
        assert made.number == number

    def lead(self, number, act, shelf=""):
        by = self.tick()
        done = step(number, DeviceMove(uuid.uuid4().hex, act, self.now_ms, self.places.get(shelf)), **by)
        assert isinstance(done, Device), done

    def begin(self, shelf=""):
        made = taking.begin(str(uuid.uuid4()), self.places.get(shelf), "", **self.tick())
        assert isinstance(made, StockTaking), made
        return made

    def read(self, one, label, shelf, form=None):
        return taking.scan(one.pk, Scan(form or str(uuid.uuid4()), label, self.places[shelf]), **self.tick())

    def close(self, one, **said):
        given_ = {"arrivals": self.places["A"], "has_put_back": True} | said
        return taking.close(
            one.pk, Closing(given_.pop("shown", comparison(one).digest), **given_), **self.tick()
        )

    def where(self):
        rows = Device.objects.values_list("number", "state", "place__code")
        return {number: (state, place) for number, state, place in rows}


@pytest.fixture
def store(db):
    return Store()


def outcomes(one):
    return {line.device: line.outcome for line in comparison(one).lines}


ACTS = st.lists(
    st.tuples(st.sampled_from([*LIES, MISSING, IN_USE, UNKNOWN]), st.sampled_from([*SHELVES]), st.booleans()),
    max_size=24,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(read=ACTS)
def test_whatever_is_read_in_whatever_order_the_records_are_what_was_read_last(store, read):
    """`True`: the same form was sent twice, as a phone does that got no answer."""
    with transaction.atomic():
        before, one = store.where(), store.begin()
        for label, shelf, is_sent_twice in read:
            form = str(uuid.uuid4())
            for _time in range(1 + is_sent_twice):
                store.read(one, label, shelf, form)
        assert StockScan.objects.count() == len(read)
        assert isinstance(store.close(one), StockTakingEnd)
        last = {label: shelf for label, shelf, _twice in read if label != UNKNOWN}
        assert store.where() == {
            number: expected(state, place, last.get(number)) for number, (state, place) in before.items()
        }
        assert store.close(one) is TakingRefusal.ENDED
        transaction.set_rollback(True)


def expected(state, place, read_at):
    """What a person would write into the list by hand."""
    if state == "in-use":
        return state, place
    if state == "missing":
        return (state, place) if read_at is None else ("arrived", "A")
    if read_at is None:
        return "missing", None
    return state, read_at if SHELVES[read_at] is SHELVES[place] else place


def test_each_difference_is_named_before_anything_is_booked(store):
    one = store.begin("G1")
    for label in ("S1", "m-000003", "M-000004", MISSING, IN_USE, UNKNOWN, "LABEL?"):
        store.read(one, label, "G1")
    assert outcomes(one) == {
        "M-000001": Outcome.FOUND,
        "M-000002": Outcome.NOT_THERE,
        "M-000003": Outcome.MOVED,
        "M-000004": Outcome.MISLAID,
        MISSING: Outcome.FOUND_AGAIN,
        IN_USE: Outcome.NOT_IN_STOCK,
    }
    assert [scan.label for scan in comparison(one).unknown] == [UNKNOWN, "LABEL?"]
    before = store.where()
    assert store.close(one, has_put_back=False) is TakingRefusal.NOT_PUT_BACK
    assert store.close(one, arrivals=None) is TakingRefusal.NO_ARRIVALS_PLACE
    assert store.close(one, shown="another page") is TakingRefusal.CHANGED
    assert store.where() == before
    store.close(one)
    source = f"stock-taking:{one.pk}"
    taken = (
        DeviceStep.objects.filter(source=source).order_by("pk").values_list("device", "act", "place__code")
    )
    assert list(taken) == [("M-000002", "lost", None), ("M-000003", "moved", "G1"), (MISSING, "found", "A")]
    paper = taking_paper(StockTaking.objects.get())
    assert [row.cells[2:] for row in paper.tables[0].rows] == [[2, 5, 3]]
    assert [row.cells[0] for row in paper.tables[1].rows] == [
        "M-000002",
        "M-000003",
        "M-000004",
        MISSING,
        IN_USE,
    ]
    assert [row.cells for row in paper.tables[2].rows] == [[UNKNOWN, "G1"], ["LABEL?", "G1"]]
    actions = AuditEntry.objects.filter(action__contains="stock-taking").values_list("action", flat=True)
    assert sorted(actions) == ["begin-stock-taking", "close-stock-taking"]


def test_what_changes_while_stock_is_taken_is_told_and_left_alone_until_it_is_counted_again(store):
    one = store.begin("G1")
    store.read(one, "M-000001", "G1")
    store.lead("M-000001", DeviceAct.MOVED, "G2")
    store.lead("M-000002", DeviceAct.INSTALLED)
    store.lead("M-000003", DeviceAct.MOVED, "G1")
    told = dict.fromkeys(("M-000001", "M-000002", "M-000003"), Outcome.MEANWHILE)
    assert outcomes(one) == told
    store.read(one, "M-000003", "G1")
    assert outcomes(one) == told | {"M-000003": Outcome.FOUND}
    before = store.where()
    store.close(one)
    assert store.where() == before


def test_one_label_taken_back_counts_for_none_and_may_be_read_again(store):
    one = store.begin("G1")
    (scan,) = store.read(one, "M-000001", "G1")
    form = str(uuid.uuid4())
    for _time in range(2):
        taking.strike(one.pk, scan.pk, form, **store.tick())
    (odd,) = store.read(one, UNKNOWN, "G1")
    taking.strike(one.pk, odd.pk, str(uuid.uuid4()), **store.tick())
    assert (outcomes(one)["M-000001"], comparison(one).unknown) == (Outcome.NOT_THERE, ())
    store.read(one, "M-000001", "G1")
    assert outcomes(one)["M-000001"] is Outcome.FOUND
    assert [(row.expected, row.counted) for row in progress(one)] == [(2, 1)]


def test_numbers_that_ran_together_and_lists_are_labels_of_their_own(store):
    one = store.begin()
    form = str(uuid.uuid4())
    for _time in range(2):
        store.read(one, "m-000001M-000002\nM-000003，S4", "G1", form)
    assert [scan.device_id for scan in StockScan.objects.all()] == [*LIES][:4]
    assert [scan.label for scan in store.read(one, "S1 S2", "G1")] == ["S1", "S2"]
    assert [scan.label for scan in store.read(one, "no such label", "G1")] == ["no such label"]
    assert store.read(one, "\n".join(f"L{n}" for n in range(201)), "G1") is TakingRefusal.TOO_MANY
    assert store.read(one, " \n ", "G1") is TakingRefusal.NO_LABEL


def test_what_cannot_be_is_refused_by_name(store):
    one = store.begin("G1")
    assert (
        taking.begin(str(uuid.uuid4()), store.places["G1"], "", **store.tick()) is TakingRefusal.ALREADY_OPEN
    )
    assert taking.begin(str(uuid.uuid4()), None, "", **store.tick()) is TakingRefusal.ALREADY_OPEN
    assert taking.begin(one.taking, store.places["G1"], "", **store.tick()) == one
    other = store.begin("G2")
    assert store.read(one, "M-000003", "G2") is TakingRefusal.OTHER_PLACE
    twin = DeviceType.objects.create(code="dds-2", kind="module", maker=store.type.maker, name="DDS-2")
    move = DeviceMove("twin", DeviceAct.RECEIVED, T0, store.places["A"])
    take_in(NewDevice(twin, "S1"), move, **store.tick())
    assert store.read(one, "S1", "G1") is TakingRefusal.SEVERAL
    form = str(uuid.uuid4())
    store.read(one, "M-000001", "G1", form)
    assert store.read(other, "M-000001", "G2", form) is TakingRefusal.EXISTS_WITH_DIFFERENT
    assert taking.give_up(one.pk, " ", **store.tick()) is TakingRefusal.NO_REASON
    before = store.where()
    assert taking.give_up(one.pk, "fire drill", **store.tick()).kind == "given-up"
    assert store.where() == before
    assert store.read(one, "M-000001", "G1") is TakingRefusal.ENDED
    assert store.close(one) is TakingRefusal.ENDED


def test_a_closing_that_nobody_has_counted_for_is_refused(store, monkeypatch):
    monkeypatch.setattr(taking, "MOST_CHANGES", 1)
    one = store.begin("G1")
    before = store.where()
    assert store.close(one) is TakingRefusal.TOO_MANY_CHANGES
    assert store.where() == before
    store.read(one, "M-000001", "G1")
    assert isinstance(store.close(one), StockTakingEnd)


@given(st.sampled_from(DeviceState), st.sampled_from(Holds))
def test_a_closing_writes_only_steps_that_a_state_allows(state, holds):
    place = 1 if state in HELD else None
    for counted in ([], [Counted("d", 2, holds, 5)]):
        for line in compare({"d": Recorded(state, place)}, ["d"], counted, [1, 2]):
            if line.outcome not in WRITES:
                continue
            after = state_after(WRITES[line.outcome], state)
            assert after is not None
            if line.outcome is Outcome.MOVED:
                assert fits(after, holds)
