"""Credit carried by hand to a real daemon, across kill -9, in every order with the command; its refusals in words (C-6, R-B5)."""

import asyncio
import random
from itertools import permutations

import msgspec
import pytest

from gateway.adapters.control_client import ask
from gateway.adapters.control_protocol import SOCKET_NAME, Reply
from gateway.contract.commands import Grant, ResolveAlarm, VoucherList, encode_command
from gateway.contract.envelope import keyring_from_hex
from gateway.contract.facts import Alarm, CommandResult, EntryKind
from gateway.contract.voucher_code import shared_key, write_code
from tests.app.station import Central, Station, fresh_signer, rooms, until
from tests.application.site import YUAN

GRANT = Grant("p1", "a1", "paid", "yuan", 5 * YUAN, serial=1_490_000)


def code_for(station: Station, grant: Grant = GRANT, gateway: str = "b1") -> str:
    """The code that central gives for a grant."""
    [public_key] = station.keyring.keys.values()
    code = write_code(shared_key(station.central.private_key, public_key, gateway), gateway, grant)
    assert code is not None
    return code


def file_of(central: Central, *grants: Grant, listed: bool = True) -> bytes:
    listing = msgspec.json.encode(VoucherList([grant.grant for grant in grants]))
    sealed = [
        central.seal("voucher", encode_command(grant), message_id=f"v-{grant.grant}") for grant in grants
    ]
    first = [central.seal("voucher", listing, message_id="list")] if listed else []
    return b"".join(one + b"\n\n" for one in [*first, *sealed])


async def balance(station: Station) -> int:
    found: int = (await station.status())["rooms"][0]["balance"]
    return found


@pytest.mark.parametrize("order", list(permutations(["code", "file", "command"])), ids="-".join)
async def test_c_6_each_carrier_after_a_kill_credits_once_in_every_order(
    station: Station, central: Central, order: tuple[str, ...]
) -> None:
    path = station.folder / "b1.voucher"
    path.write_bytes(file_of(central, GRANT))
    await station.start()
    await central.configure(*rooms("1"))
    for turn, carrier in enumerate(order):
        if carrier == "command":
            await central.command(GRANT, expects="exists" if turn else "applied")
        else:
            given = str(path) if carrier == "file" else code_for(station)
            code, out, _ = await station.command("voucher", given)
            assert (code, ("exists" if turn else "applied") in out) == (0, True), out
        await station.kill()
        await station.start()
        assert await balance(station) == 5 * YUAN
    await station.until_status(
        lambda status: status["link_connected"] and not status["outbox_rows"], "all told"
    )
    assert len([entry for entry in central.entries() if entry.entry_kind is EntryKind.GRANT]) == 1
    answers = [result for result in central.facts(CommandResult) if result.number == 0]
    assert len(answers) == 2, "each time it was handed in is answered once"


async def test_r_b5_a_whole_file_is_credited_exactly_once_whenever_the_daemon_is_killed(
    station: Station, central: Central
) -> None:
    grants = [Grant(f"p{n}", "a1", "paid", "yuan", YUAN, serial=n) for n in range(1, 1201)]
    path = station.folder / "b1.voucher"
    path.write_bytes(file_of(central, *grants))
    await station.start()
    await central.configure(*rooms("1"))
    moments, balances = random.Random(5), [0]
    for life in range(6):
        handing_in = asyncio.create_task(station.command("voucher", str(path)))
        if life % 2:
            await asyncio.sleep(moments.uniform(0.3, 1.2))
        else:
            await until(lambda: _has_risen(station, balances[-1]), "a part was credited")
        await station.kill()
        await handing_in
        await station.start()
        balances.append(await balance(station))
    assert balances == sorted(balances), "nothing that was credited is lost"
    assert 0 < balances[1] < 1200 * YUAN, "the first kill came in the middle"
    code, out, _ = await station.command("voucher", str(path))
    assert code == 0, out[-500:]
    assert await balance(station) == 1200 * YUAN


async def _has_risen(station: Station, before: int) -> bool:
    now = await balance(station)
    return now > before or now == 1200 * YUAN


async def test_a_stick_with_several_files_is_handed_in_whole(station: Station, central: Central) -> None:
    stick = station.folder / "media" / "stick"
    stick.mkdir(parents=True)
    await station.start()
    await central.configure(*rooms("1"))
    for n in (1, 2):
        grant = Grant(f"p{n}", "a1", "paid", "yuan", YUAN, note="一楼\u2028二楼", serial=n)
        (stick / f"cardroom-b1-{n}.voucher").write_bytes(b"\xef\xbb\xbf" + file_of(central, grant))
    (stick / "holiday.jpg").write_bytes(b"\xff\xd8")
    code, out, _ = await station.command("voucher", str(stick))
    assert (code, out.count("credited")) == (0, 2)
    assert await balance(station) == 2 * YUAN
    (stick / "empty").mkdir()
    code, _, err = await station.command("voucher", str(stick / "empty"))
    assert (code, "holds no *.voucher file" in err) == (1, True)


async def test_what_is_wrong_with_a_file_is_named_and_the_rest_is_credited(
    station: Station, central: Central
) -> None:
    await station.start()
    await central.configure(*rooms("1"))
    grants = [Grant(f"p{n}", "a1", "paid", "yuan", YUAN, serial=n) for n in range(1, 4)]
    whole = file_of(central, *grants)
    path = station.folder / "b1.voucher"
    path.write_bytes(b"\n\n".join(whole.split(b"\n\n")[:3]))
    code, out, _ = await station.command("voucher", str(path))
    assert (code, "p3  ?  missing  the file says that it holds this credit" in out) == (1, True)
    path.write_bytes(whole.replace(b'"grant":"p3"', b'"grant":"p4"'))
    code, out, _ = await station.command("voucher", str(path))
    assert (code, "altered after it was signed" in out, out.count("exists")) == (1, True, 2)
    path.write_bytes(whole[:-100])
    code, out, _ = await station.command("voucher", str(path))
    assert (code, "forged" in out or "malformed" in out) == (1, True)
    elsewhere = central.seal("voucher", encode_command(grants[2]), recipient="b2")
    path.write_bytes(elsewhere + b"\n")
    code, out, _ = await station.command("voucher", str(path))
    assert (code, "made for another building" in out) == (1, True)
    assert await balance(station) == 2 * YUAN


async def test_what_is_wrong_with_a_code_is_named(station: Station, central: Central) -> None:
    await station.start()
    await central.configure(*rooms("1"))
    good = code_for(station)
    slip = good[:7] + ("2" if good[7] != "2" else "3") + good[8:]
    nowhere = msgspec.structs.replace(GRANT, account="nobody")
    for typed, says in (
        (
            [slip],
            "mistyped in the groups named here, counted from 1; nothing was credited. Compare them and type it again: 2",
        ),
        ([code_for(station, gateway="b2")], "made for another building"),
        ([code_for(station, nowhere)], "the account is not known here yet"),
        ([good[:-6]], "no code: it has 40"),
    ):
        code, out, _ = await station.command("voucher", *typed)
        assert (code, says in out) == (1, True), out
    code, _, err = await station.command("voucher", "no/such/file")
    assert (code, "can't be read" in err) == (1, True)
    code, _, err = await station.command("voucher", "one.voucher", "two.voucher")
    assert (code, "neither one file nor a code" in err) == (1, True)
    assert await balance(station) == 0
    code, out, _ = await station.command("voucher", *good.lower().split("-"))
    assert (code, await balance(station)) == (0, 5 * YUAN), out


async def test_a_code_made_for_a_key_that_was_lost_credits_nothing(
    station: Station, central: Central
) -> None:
    """The Pi's key is new: codes for the old one are a stranger's, files go on."""
    old = code_for(station)
    (station.data / "gateway.key").unlink()
    _, public_key, _ = await station.command("key")
    station.keyring = keyring_from_hex([public_key.strip()])
    await station.start()
    await central.configure(*rooms("1"))
    code, out, _ = await station.command("voucher", old)
    assert (code, "the gateway's key was replaced" in out) == (1, True)
    path = station.folder / "b1.voucher"
    path.write_bytes(file_of(central, GRANT))
    assert (await station.command("voucher", str(path)))[0] == 0
    code, out, _ = await station.command("voucher", code_for(station))
    assert (code, "exists" in out) == (0, True)


async def test_guessing_codes_ends_and_is_told_to_central(station: Station, central: Central) -> None:
    await station.start()
    await central.configure(*rooms("1"))
    strange = fresh_signer()
    mine, station.central = station.central, strange
    guesses = [code_for(station, Grant(f"p{n}", "a1", "paid", "yuan", YUAN, serial=n)) for n in range(1, 12)]
    station.central = mine
    said = [(await _ask(station, "voucher-code", code=guess))[0]["outcome"] for guess in guesses]
    assert said == ["code-does-not-fit"] * 10 + ["too-many"]
    code, out, _ = await station.command("voucher", code_for(station))
    assert (code, "Take the file" in out) == (1, True)
    await until(lambda: any(fact.what == "voucher-codes-refused" for fact in central.facts(Alarm)), "told")
    path = station.folder / "b1.voucher"
    path.write_bytes(file_of(central, GRANT))
    assert (await station.command("voucher", str(path)))[0] == 0, "a file is no guess"


async def _ask(station: Station, do: str, **arguments: str) -> list[dict[str, str]]:
    reply = await asyncio.to_thread(ask, station.data / SOCKET_NAME, do, arguments)
    assert isinstance(reply, Reply), reply
    assert reply.refusal is None, reply
    return msgspec.json.decode(bytes(reply.result), type=list[dict[str, str]])


async def test_hostile_vouchers_are_answered_in_words_and_credit_nothing(
    station: Station, central: Central
) -> None:
    await station.start()
    await central.configure(*rooms("1"))
    whole, dice = file_of(central, GRANT).decode(), random.Random(9)
    letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ-{}[]":,\n\x00\ud7ff一'
    for _ in range(300):
        at, length = dice.randrange(len(whole)), dice.randrange(1, 40)
        noise = "".join(dice.choice(letters) for _ in range(length))
        listless = whole.split("\n\n")[1]
        spoilt = dice.choice(
            [
                noise,
                whole[:at],
                listless[: at % len(listless)] + noise,
                whole[:at] + noise + whole[at + length :],
            ]
        )
        for row in await _ask(station, "voucher", sealed=spoilt or "x"):
            assert row["outcome"] not in ("applied",) or listless in spoilt
        rows = await _ask(station, "voucher-code", code=noise or "x")
        assert rows[0]["outcome"] in ("not-a-code", "mistyped", "wrong-building")
    assert await balance(station) in (0, 5 * YUAN)
    assert "Traceback" not in station.log_text()


async def test_an_alarm_that_nothing_ends_is_resolved_on_site_or_by_central(
    station: Station, central: Central
) -> None:
    await station.start()
    await central.configure(*rooms("1"))
    other = msgspec.structs.replace(GRANT, amount=YUAN)
    for resolved in ("on site", "by central"):
        await central.command(GRANT, expects="applied" if resolved == "on site" else "exists")
        await central.command(other, expects="exists-with-different")
        await until(lambda: "exists-with-different" in central.alarms(), "raised")
        if resolved == "on site":
            code, out, _ = await station.command(
                "resolve", "exists-with-different", "p1", "--why", "two desks"
            )
            assert (code, "rises again" in out) == (0, True)
        else:
            await central.command(ResolveAlarm("exists-with-different", "p1", "boss", "two desks"))
        await until(lambda: "exists-with-different" not in central.alarms(), "ended")
    await station.until_status(lambda status: not status["outbox_rows"], "all told")
    said = [fact.detail for fact in central.facts(Alarm) if fact.what == "alarm-resolved" and fact.raised]
    assert [one.endswith("two desks") for one in said] == [True, True]
    assert said[1] == "boss: two desks"
    for what, says in (("exists-with-different", "stands"), ("meter-silent", "ends with its cause")):
        code, _, err = await station.command("resolve", what, "p1", "--why", "x")
        assert (code, says in err) == (1, True)
    assert await balance(station) == 5 * YUAN
