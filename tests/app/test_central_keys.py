"""Central's keys change under a real daemon: believed at once and after a kill -9, the retired one no more (R-G5)."""

import msgspec

from gateway.contract.commands import ReadNow, TrustKeys, encode_command
from gateway.contract.envelope import Sealed, unseal
from gateway.contract.facts import Birth
from tests.app.station import PATIENCE_S, Central, Station, fresh_signer, public_hex, rooms, until


def believes(station: Station, central: Central) -> list[str]:
    sealed = unseal(
        central.listener.of("birth")[-1], station.keyring, kind="birth", sender="b1", recipient="central"
    )
    assert isinstance(sealed, Sealed)
    return list(msgspec.json.decode(sealed.body, type=Birth).central_keys)


async def refused(station: Station) -> int:
    found: int = (await station.status())["counters"].get("refused:down:unknown-key", 0)
    return found


async def test_a_building_goes_from_key_to_key_without_a_visit(station: Station, central: Central) -> None:
    first, second = station.central, fresh_signer()
    await station.start()
    await central.configure(*rooms("1"))
    assert believes(station, central) == [first.key_id]
    early = central.seal("down", encode_command(ReadNow()), central.number + 1, signer=second)
    central.publish("down", early)  # a key that nobody told of
    await until(lambda: _counted(station), "refused")
    keys = [public_hex(first), public_hex(second)]
    await central.command(TrustKeys(keys))
    station.central = second  # central signs with it from now on, acknowledgements, too
    await central.command(ReadNow())
    await station.kill()
    await station.start()  # its file still names the first alone
    await central.command(ReadNow())
    await central.listener.until(
        lambda _: believes(station, central) == sorted([first.key_id, second.key_id]), PATIENCE_S
    )
    await central.command(TrustKeys(keys[1:], keys[:1]))
    before = await refused(station)
    late = central.seal("down", encode_command(ReadNow()), central.number + 1, signer=first)
    central.publish("down", late)
    await until(lambda: _more(station, before), "the retired key is refused")
    await station.kill()
    await station.start()
    await central.listener.until(lambda _: believes(station, central) == [second.key_id], PATIENCE_S)
    central.publish("down", late)
    await until(lambda: _counted(station), "also after a restart, though the file names it")
    await central.command(ReadNow())


async def _counted(station: Station) -> bool:
    return await refused(station) > 0


async def _more(station: Station, before: int) -> bool:
    return await refused(station) > before
