"""Rows about meters, as a gateway says them of its own building, and as one in other hands says them of another's."""

import random

from gateway.contract import facts
from gateway.contract import meter_facts as m
from gateway.contract.registry_facts import RegistryCopy, RegistryLine
from tests.central.gateway_twin import GatewayTwin

Fact = tuple[str, facts.Fact, str]
"""Its kind, itself, and the table in which it acts."""


def of(twin: GatewayTwin, name: int, meter: str, account: str) -> list[Fact]:
    """Give one row of each kind about a meter; `name` makes ids that were not used before."""
    at, hour_ms, control = twin.at(), twin.now_ms // 3_600_000 * 3_600_000, f"s-{name}"
    balances = facts.LossBalances(
        at,
        [facts.LossRow("g-1", hour_ms - 3_600_000, hour_ms, facts.LossVerdict.MEASURED)],
        [facts.MeterTotal(meter, 10_000 + name, 0, 10)],
    )
    closing = m.PeriodRegister(meter, hour_ms + name, 1_000 + name, 0, m.PeriodMethod.READ, at, account)
    ended = m.SoftwareControlEnded(
        control, account, m.ControlEnd.ACCOUNT_GONE, at, at, "chen", "moved", old_meter=meter
    )
    return [
        ("balances", balances, "telemetry_instanttotal"),
        ("period-register", closing, "link_periodregister"),
        ("lock-out", m.LockOut(meter, f"owner-{name}"[:16], True, at, "chen", "works"), "link_lockout"),
        ("meter-bound", m.MeterBound(meter, account, f"{meter}.{name}", name, at), "link_billedregister"),
        (
            "software-control-begun",
            m.SoftwareControlBegun(f"t-{name}", account, at, "chen", "the display is dark", meter),
            "link_softwarecontrol",
        ),
        ("software-control-ended", ended, "link_softwarecontrolend"),
    ]


def registry(twin: GatewayTwin, name: int) -> Fact:
    """Give a copy of the registry; it names no other building's gateway, so that nobody can say it of one."""
    line = RegistryLine(f"line-{name}", "/dev/ttyUSB0", 2_400, "E")
    return "registry", RegistryCopy(twin.at(), [line], []), "link_registrycopy"


def foreign(
    twin: GatewayTwin, dice: random.Random, name: int, meter: str, account: str
) -> list[tuple[str, facts.Fact]]:
    """Give rows of the right key about another building's meter under an own room, and an own meter under another's room."""
    by_meter = [fact for kind, fact, _ in of(twin, name, meter, "1-301.1") if kind != "balances"]
    by_account = [of(twin, name, "m-301", account)[place][1] for place in (1, 3, 4, 5)]
    swap = m.MeterSwapped(
        f"w-{name}", meter, f"m-new-{name}", 5, 0, twin.at(), twin.at(), "chen", "broken", "1-301.1", "x.2", 1
    )
    alarm = facts.Alarm(f"gw-1.x{name}", "meter-silent", dice.choice([meter, account]), True, twin.at())
    return [
        ("right key, another building's meter in a row about meters", dice.choice([*by_meter, swap])),
        ("right key, another building's room in a row about meters", dice.choice(by_account)),
        ("right key, an alarm about another building's meter or room", alarm),
    ]
