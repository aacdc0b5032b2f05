"""One balance for three meters on two lines of a running gateway: all cut when one has used it up, all back with one payment."""

from gateway.contract.commands import Grant
from gateway.contract.facts import Decision, DecisionKind, RelayReport, RelayVerdict
from tests.app.station import Central, Station, rooms, until
from tests.application.site import YUAN

MEMBERS = ("2", "3")


def proved(central: Central) -> dict[str, bool | None]:
    """How each relay was read back last."""
    confirmed = [r for r in central.facts(RelayReport) if r.verdict is RelayVerdict.CONFIRMED]
    return {report.meter: report.observed_closed for report in confirmed}


def decided(central: Central) -> dict[str, tuple[DecisionKind, str]]:
    return {told.account: (told.decision, told.reason) for told in central.facts(Decision)}


async def test_one_room_uses_up_what_all_pay_from_and_one_payment_brings_all_back(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2", load="0W")
    await station.wire("b", "3", "4", load="0W")
    await station.start()
    shared = rooms(*MEMBERS, pays_from="a1")
    await central.configure(*rooms("1"), *shared, *rooms("4", protected=True, pays_from="a1"))
    await central.grant("g1", "a1", 0.01)
    await until(lambda: proved(central) == {f"m{n}": True for n in "1234"}, "all supplied")
    station.use_10_wh("3")
    station.use_10_wh("3")
    await until(lambda: proved(central) == {"m1": False, "m2": False, "m3": False, "m4": True}, "all cut")
    assert {decided(central)[f"a{n}"] for n in "123"} == {(DecisionKind.OPEN, "credit-spent")}
    assert decided(central)["a4"] == (DecisionKind.WARN, "spent-protected")
    status = await station.status()
    assert {room["balance"] for room in status["rooms"]} == {10_000 - 20 * 558_300 // 1000}
    refused = await central.command(Grant("g2", "a2", "paid", "yuan", YUAN), expects="refused")
    assert refused.detail == "account a2 pays from a1: ask it of that one"
    await central.grant("g3", "a1", 5)
    await until(lambda: proved(central) == {f"m{n}": True for n in "1234"}, "all supplied again")
    paid = {(entry.account, entry.used_by, entry.meter) for entry in central.entries() if entry.energy_wh}
    assert paid == {("a1", "a3", "m3")}
