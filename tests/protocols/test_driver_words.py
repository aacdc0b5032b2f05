"""What any meter can be asked: the names the command line and the logs use, and answers put together."""

from gateway.protocols.driver import Item, MeterDate, MeterTime, RelayAction, Values, clock_of, merged
from gateway.protocols.stream import Reason


def test_the_command_lines_names() -> None:
    names = {
        "ENERGY": "energy",
        "VOLTAGE": "voltage",
        "CURRENT": "current",
        "POWER": "power",
        "POWER_FACTOR": "power-factor",
        "FREQUENCY": "frequency",
        "RELAY": "relay",
        "CLOCK": "clock",
        "DATE": "date",
        "TIME": "time",
        "IDENTITY": "identity",
        "REVERSE_ENERGY": "reverse-energy",
        "FROZEN_ENERGY": "frozen-energy",
        "FROZEN_AT": "frozen-at",
        "SETTLED_ENERGY": "settled-energy",
        "SETTLEMENT_DAY": "settlement-day",
        "COVER_OPENINGS": "cover-openings",
        "STATUS_WORDS": "status-words",
    }
    assert names.items() <= {item.name: item.value for item in Item}.items()
    assert {action.value for action in RelayAction} == {"open", "close", "permit"}


def test_damages_have_stable_names() -> None:
    """They stand in logs, counters and the decode command (docs/technician.md)."""
    assert {reason.value for reason in Reason} == {
        "bad-checksum",
        "bad-end",
        "bad-second-68",
        "length-mismatch",
        "preamble-only",
        "bad-crc",
        "truncated",
        "garbage",
        "overrun",
    }


def test_a_calendar_is_shown_as_people_write_it() -> None:
    date, time = MeterDate(2026, 1, 2), MeterTime(3, 4, 5)
    assert (str(date), str(time)) == ("2026-01-02", "03:04:05")
    assert str(clock_of(date, time)) == "2026-01-02 03:04:05"


def test_of_several_answers_the_later_holds_and_what_is_not_told_stays() -> None:
    first, second = Values(energy_wh=1, voltage_mv=0), Values(energy_wh=2, relay_closed=False)
    assert merged(first, second) == Values(energy_wh=2, voltage_mv=0, relay_closed=False)
    assert merged(second, first) == Values(energy_wh=1, voltage_mv=0, relay_closed=False)
    assert merged() == Values()
