"""The conversation with virtual meters on a real pty: found, tied in three ways, tested, undone, on paper."""

from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from firmware_tools.virtual_meter.relay import Fault
from gateway.adapters.journal_store.peek import Configured
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.records import MeterTies
from gateway.contract.rules import BindingRule
from gateway.technician.commission import (
    blink,
    script,
    script_find,
    script_paper,
    script_rooms,
    script_tests,
    trials,
)
from gateway.technician.commission.acts import RoomsListed, Tied
from gateway.technician.commission.labels import labels_pdf
from gateway.technician.commission.notebook import FILE_NAME
from gateway.technician.commission.report import report_pdf
from gateway.technician.commission.ticks import CHECKS, Level
from gateway.technician.find.found import Event, FindState, Found, FoundMeter, LineSetting, Trouble
from gateway.technician.setup.places import Places
from tests.application.site import room
from tests.technician.commission_bench import MODEL, MODELS, NOW_MS, Move, Played, bench, job_in

ONE, TWO, THREE = "202411110001", "202411110002", "202411110003"


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "BETWEEN_READINGS_S", 0.1)
    monkeypatch.setattr("gateway.technician.commission.wires.READ_BACK_S", 1.0)
    monkeypatch.setattr(blink.blink, "__defaults__", (0.05,))


async def test_a_building_is_tied_tested_undone_and_put_on_paper(tmp_path: Path) -> None:
    async with bench(tmp_path, m202411110001="500W", m202411110002="0W", m202411110003="script") as site:
        job = site.job
        job.notebook.note(RoomsListed, rooms=("101", "102", "103"), protected=("103",))
        # --- by a scanned bar code; a short end is no proof of the case; what fits nothing is said
        stage = site.play(
            Move("Number on the case", f"33000{ONE}77"), Move("Room", "101"),
            Move("Number on the case", "0002"), Move("Rooms without a meter: 102, 103", "102"),
            Move("Number on the case", "99999999"), Move("Number on the case", None),
        )  # fmt: skip
        await script_rooms.by_number(job)
        stage.done()
        assert stage.heard("No meter that was found has the number 99999999.")
        assert [(m.room, m.case) for m in job.standing.meters.values()] == [
            ("101", ONE),
            ("102", ""),
            ("", ""),
        ]
        # --- a blink is refused while it may be the protected room's, then the known load finds that one
        stage = site.play(Move("Meters and rooms", f"b {THREE}"), Move("Meters and rooms", "q"))
        await script_rooms.rooms_step(job)
        assert stage.heard("103 are protected and have no meter yet")
        load = site.meters[THREE]
        stage = site.play(
            Move("Meters and rooms", "l"), Move("Room", "103"), Move("Its power", "1500"), Move("OFF? Then", "g"),
            Move("ON (1500 W)", "g", lambda: load.set_load("1450W")), Move("OFF again", "g", lambda: load.set_load("0W")),
            Move("stepped by the load: tie it", "y"), Move("Meters and rooms", "q"),
        )  # fmt: skip
        await script_rooms.rooms_step(job)
        stage.done()
        assert job.standing.meters[THREE].room == "103"
        # --- tied wrongly, undone; a blink of a known room goes twice off and on
        assert job.notebook.note(Tied, number=ONE, room="999", how="typed") is None
        stage = site.play(
            Move("Undo (u) would take back: 202411110001 tied to 999", "u"),
            Move("Undo?", "y"),
            Move("Commissioning B1", "q"),
        )
        await script.converse(_named(job, stage), "li", "")
        assert job.standing.meters[ONE].room == "101"
        changes = _relay_changes(site.meters[ONE])
        stage = site.play(
            Move("101", f"b {ONE}"),
            Move("loses the supply twice", "y"),
            Move("Did somebody see it?", "n"),
            Move("101", "q"),
        )
        await script_rooms.rooms_step(job)
        assert changes == [False, True, False, True]
        # --- all tests
        site.meters[TWO].break_relay(Fault.WELDED)
        stage = site.play(
            Move("Tests", "a"), Move("Tests", f"={TWO}"), Move("0002", "c"), Move("Number on the case", TWO),
            Move("The case and the meter say", "q"), Move("Tests", "o"),
            Move("relay of 101?", "y"), Move("relay of 102?", "n"), Move("Tests", f"={THREE}"),
            Move("not tested yet", "s"), Move("Why", "case behind a board"), Move("case behind a board", "q"), Move("Tests", "q"),
        )  # fmt: skip
        await script_tests.tests_step(job)
        stage.done()
        meters = job.standing.meters
        assert {check: tick.level for check, tick in meters[ONE].ticks.items()} == dict.fromkeys(
            CHECKS, "good"
        )
        assert meters[TWO].ticks["open"].code == "not-agreed"
        assert meters[THREE].ticks["open"].code == "protected"
        assert meters[THREE].ticks["identity"].facts == {"why": "case behind a board"}
        assert site.meters[ONE].relay.contact_closed
        registered = RegistryStore(tmp_path, MODELS).meter(ONE)
        assert registered is not None
        assert registered.test is not None
        assert (registered.location, registered.test.outcome, registered.test.by) == ("101", "good", "li")
        # --- on paper
        pages = PdfReader(BytesIO(report_pdf(job.standing, NOW_MS, 480))).pages
        text = "".join(page.extract_text() for page in pages)
        for said in (
            "B1",
            ONE,
            "88.40",
            "known load",
            "Room 103 is protected",
            "case behind a board",
            "Signatures",
        ):
            assert said in text, said
        labels = PdfReader(BytesIO(labels_pdf(job.standing))).pages[0].extract_text()
        assert all(said in labels for said in ("101", "102", "103", ONE, TWO, THREE))


def _named(job: Any, stage: Any) -> Any:
    stage._moves.insert(0, Move("Your name", "li"))
    return job


def _relay_changes(meter: Any) -> list[bool]:
    """Collect where the contact goes from now on."""
    changes: list[bool] = []
    real = meter.advance

    def advance(to_ms: int) -> None:
        real(to_ms)
        if meter.relay.contact_closed is not (changes[-1] if changes else True):
            changes.append(meter.relay.contact_closed)

    meter.advance = advance
    return changes


async def test_a_welded_relay_is_bad_and_a_cut_in_the_middle_is_known_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, m202411110001="2kW") as site:
        job, meter = site.job, site.meters[ONE]
        meter.break_relay(Fault.WELDED)
        job.notebook.note(Tied, number=ONE, room="101", how="typed")
        stage = site.play(
            Move("Tests", f"={ONE}"),
            Move(ONE, "o"),
            Move("relay of 101?", "y"),
            Move("a welded contact", "q"),
            Move("Tests", "q"),
        )
        await script_tests.tests_step(job)
        assert job.standing.meters[ONE].level is Level.BAD
        # the machine dies between the order to open and the one to close
        meter.break_relay(Fault.NONE)

        wired = job.wired(job.standing.meters[ONE])
        assert wired is not None
        noted = script_tests.relay_note(job, ONE)
        noted(True)
        await trials.switch_once(wired.bus, wired.driver, trials.RelayAction.OPEN, wired.args)
        assert not meter.relay.contact_closed
        await job.wires.close()
        again = job_in(tmp_path)
        stage = site.play(
            Move("Your name", "li"), Move("a test opened its relay", "y"), Move("Commissioning B1", "q")
        )
        again.stage = stage
        await script.converse(again, "li", "")
        await again.wires.close()
        stage.done()
        assert stage.heard("It is closed, read back.")
        assert meter.relay.contact_closed
        assert not job_in(tmp_path).standing.opened()


async def test_what_the_search_finds_is_entered_once_beside_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, slow = LineSetting("/dev/a", 9600, "E"), LineSetting("/dev/a", 2400, "E")
    found = [
        FoundMeter(at, ONE, "dlt645-2007", MODEL, ONE, energy_wh=88_400),
        FoundMeter(at, TWO, "dlt645-2007", MODEL, TWO, duplicate=True, own_prepay=True),
        FoundMeter(at, "7", "modbus-rtu", None, maker_text="DDS"),
        FoundMeter(slow, THREE, "dlt645-2007", MODEL, THREE),
    ]

    async def find(ports: list[str], state: FindState, plan: Any) -> AsyncIterator[Event]:
        assert (ports, plan.expect) == (["/dev/a"], 4)
        for meter in found:
            state.keep(meter)
            yield Found(meter)
        yield Trouble("/dev/a", "port-missing", {"detail": "gone"})

    monkeypatch.setattr(script_find, "find", find)
    monkeypatch.setattr(script_find, "serial_ports", list)
    registry = RegistryStore(tmp_path, MODELS)
    assert registry.add_line(LineRow("north", "/dev/a", 9600, "E")) is None
    assert registry.add_meter(MeterRow("old-1", "north", ONE, MODEL, 40, "101")) is None
    job = job_in(tmp_path)
    job.ports = ["/dev/a"]
    search = (Move("Lines and meters", "s"), Move("How many meters", "4"))
    told_first: list[str] = []
    job.stage = stage = Played(
        *search,
        Move("Which model is 7?", "=eastron-sdm120", lambda: told_first.extend(stage.told)),
        Move("Lines and meters", "q"),
    )
    await script_find.find_step(job)
    stage.done()
    told = "\n".join(stage.told)
    assert "a port has one line" in told
    assert any(f"{TWO}: more than one meter answers." in line for line in told_first), (
        "before any model is asked for"
    )
    assert "/dev/a" in told
    meters = job.standing.meters
    assert {number: meter.found.ct_ratio for number, meter in meters.items()} == {
        "old-1": 40,
        TWO: 1,
        "north-7": 1,
    }
    assert meters[TWO].found.own_prepay
    found[1] = replace(found[1], duplicate=False)
    job.stage = Played(*search, Move("Lines and meters", "q"))
    await script_find.find_step(job)
    assert len(job.standing.meters) == 3
    assert not job.standing.meters[TWO].found.duplicate, "its double was taken off"
    job.notebook.undo()
    assert [row.meter_number for row in registry.meters()] == ["old-1"], "what was there before stays"


async def test_the_papers_have_the_name_that_setup_was_told_unless_a_person_gives_another(
    tmp_path: Path,
) -> None:
    places = Places(tmp_path)
    places.data.mkdir(parents=True)
    places.building.write_text("1号楼\n")
    for typed, called in (("", "1号楼"), ("东楼", "东楼")):
        job = job_in(places.data)
        stage = Played(Move("Your name", "li"), Move("Building", typed), Move(f"Commissioning {called}", "q"))
        job.stage = stage
        await script.converse(job, "li", "")
        stage.done()
        (places.data / FILE_NAME).unlink()


async def test_central_s_rooms_are_offered_and_a_disagreement_is_said(tmp_path: Path) -> None:
    async with bench(tmp_path, m202411110001="0W") as site:
        job = site.job
        accounts = {name: room(name, room=label) for name, label in (("a1", "101"), ("a2", "102"))}
        ties = {ONE: MeterTies((BindingRule("b1", ONE, "a1", 0),))}
        job.configured = Configured(accounts, ties)
        await script_rooms.offer_configured_rooms(job)
        assert job.standing.rooms == ("101", "102")
        stage = site.play(
            Move("Number on the case", ONE), Move("It is known at 101.", "102"),
            Move("Central has bound this meter to 101.", "n"),
            Move("Number on the case", ONE), Move("It is known at 101.", ""), Move("Number on the case", None),
        )  # fmt: skip
        await script_rooms.by_number(job)
        stage.done()
        assert job.standing.meters[ONE].room == "101"


async def test_what_is_protected_is_corrected_in_the_conversation_and_undone(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    job.notebook.note(RoomsListed, rooms=("101", "102"), protected=("102",), source="rooms.csv")
    job.configured = Configured({"a1": room("a1", room="103", protected=True)}, {})
    job.stage = stage = Played(
        Move("Meters and rooms", "p"), Move("102  never cut", "=102"), Move("Never cut: 1 of 3", "=101"),
        Move("101  never cut", "n"), Move("Room", "109"), Move("109  never cut", "=103"),
        Move("103  never cut, central's word", "q"), Move("Meters and rooms", "q"),
    )  # fmt: skip
    await script_rooms.offer_configured_rooms(job)
    await script_rooms.rooms_step(job)
    stage.done()
    assert stage.heard("Central protects 103")
    assert job.protected_rooms() == {"101", "103", "109"}
    undone = []
    while acts := job.notebook.undo():
        undone.append(script.undo_words(acts))
    assert undone == ["109 is never cut", "101 is never cut", "102 may be cut", "the list of rooms: 2"]
    await script_rooms.offer_configured_rooms(job)
    job.configured = Configured({"a1": room("a1", room="103"), "a2": room("a2", room="104")}, {})
    await script_rooms.offer_configured_rooms(job)
    assert (job.standing.rooms, job.protected_rooms()) == (("103", "104"), frozenset()), (
        "central's list as it is now"
    )


async def test_without_a_meter_there_is_nothing_to_prove_and_no_paper(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    job.stage = stage = Played(Move("There is no meter yet", "q"))
    await script_paper.paper_step(job)
    stage.done()


async def test_what_central_protects_or_a_technician_locked_out_is_not_moved_whatever_room_was_typed(
    tmp_path: Path,
) -> None:
    """The tie that disagrees may be the wrong one: neither room may lose its supply. A lock-out is nobody's to close (C-16)."""
    async with bench(tmp_path, m202411110001="0W", m202411110002="0W") as site:
        job = site.job
        accounts = {"a1": room("a1", room="101", protected=True), "a2": room("a2", room="102")}
        ties = {ONE: MeterTies((BindingRule("b1", ONE, "a1", 0),))}
        job.configured = Configured(accounts, ties, frozenset({TWO}))
        job.notebook.note(Tied, number=ONE, room="103", how="typed")
        job.notebook.note(Tied, number=TWO, room="102", how="typed")
        for number in (ONE, TWO):
            site.play(Move("Meters and rooms", f"b {number}"), Move("Meters and rooms", "q"))
            await script_rooms.rooms_step(job)
        stage = site.play(Move("Tests", "o"), Move("Tests", "q"))
        await script_tests.tests_step(job)
        codes = [meter.ticks["open"].code for meter in job.standing.meters.values()]
        assert codes == ["protected", "locked-out"]
        script_tests.relay_note(job, TWO)(True)  # broken off in a test, locked out since
        stage = site.play(Move("Commissioning B1", "q"))
        await script.converse(_named(job, stage), "li", "")
        stage.done()
        assert stage.heard("It is locked out")
        assert all(meter.relay.contact_closed for meter in site.meters.values())
        # --- another number for a meter that bills somebody is asked for, with what it means
        stage = site.play(
            Move("Meters and rooms", f"={ONE}"), Move(ONE, "n"), Move("Number on the case", "9"),
            Move("Central bills 101 by meter", "n"), Move("Meters and rooms", "q"),
        )  # fmt: skip
        await script_rooms.rooms_step(job)
        stage.done()
        assert ONE in job.standing.meters
