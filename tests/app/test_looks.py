"""The commands that look, against a running daemon, against its store when it is stopped, and after kill -9."""

from tests.app.station import Central, Station, rooms

ADDRESS, OTHER = "202000000101", "202000000102"
YUAN = 1_000_000


async def _told(station: Station, *words: str, code: int = 0) -> str:
    got, out, err = await station.command(*words)
    assert got == code, (words, out, err)
    return out


async def test_looks_agree_with_the_daemon_and_with_each_other(station: Station, central: Central) -> None:
    await station.wire("a", ADDRESS, OTHER)
    await station.start()
    await central.configure(*rooms(ADDRESS, OTHER, warn_at=[]))
    await central.grant("p1", f"a{ADDRESS}", 20)
    account = f"a{ADDRESS}"
    await station.until_status(lambda s: _room(s, account)["observed_closed"], "supplied")
    for words in (
        ["outbox"],
        ["ledger", account],
        ["explain", account],
        ["explain", f"room {account}"],
        ["explain", f"m{ADDRESS}"],
        ["clock"],
        ["explain", f"a{OTHER}"],
    ):
        print("$", *words)
        print(*(await station.command(*words)), sep="\n")
        print(*(await station.command("--lang", "zh", *words)), sep="\n")
    assert 0


def _room(status, account):
    return next(room for room in status["rooms"] if room["account"] == account)
