"""`signing-key list|prepare|switch|retire|recover`: central's keys change, or survive a loss, without a visit to a building."""

import sys
from argparse import Namespace
from pathlib import Path

from central import clock
from central.config.commands.running import is_ready
from central.link import signing_keys
from central.link.signing_keys import KeyRefusal, Refused
from central.link.stock_vouchers import unused_of_key
from gateway.contract.envelope import KEY_ID

ADVICE = {
    KeyRefusal.NEXT_EXISTS: "the next key {about} is prepared already; switch to it, or make another one with --again if its "
    "file is lost",
    KeyRefusal.FILE_EXISTS: "{about} is there already and is not written over; name another file",
    KeyRefusal.UNREADABLE: "{about} holds no key (64 hex digits); name the file that `signing-key prepare` wrote",
    KeyRefusal.UNKNOWN_KEY: "this server knows no key {about}; `cardroom-central signing-key list` shows them",
    KeyRefusal.RETIRED: "the key {about} was retired, and gateways believe it no more; prepare another one",
    KeyRefusal.SIGNS_ALREADY: "the key {about} signs already; nothing is to be done",
    KeyRefusal.NOT_LOST: "the key that signs is there; use `cardroom-central signing-key switch FILE`",
    KeyRefusal.NOT_EVERYBODY: "not known yet at: {about}. Wait until they are online, or leave them behind with --without NAME "
    "for each; they go on with the key that they know",
    KeyRefusal.IN_USE: "the key {about} signs now; switch to another one first",
}


def show(options: Namespace) -> int:
    """Print the keys, and which of them each gateway believes."""
    if not is_ready():
        return 2
    for row in signing_keys.keys_now(clock.now_ms()):
        print(f"{row.public_key}  {row.get_state_display()} since {clock.minute_text(row.since_ms)}")
    for one in signing_keys.gateways_now():
        print(
            f"  {one.gateway} believes: {' '.join(one.believes) or 'does not say (not heard yet, or older software)'}"
        )
    return 0


def prepare(options: Namespace) -> int:
    """Make the next key and put its private half into one file."""
    if not is_ready():
        return 2
    made = signing_keys.prepare(
        Path(options.file), again=options.again, actor="console", now_ms=clock.now_ms()
    )
    if isinstance(made, Refused):
        return _refused(made)
    print(
        f"the next key is {made[:KEY_ID]}; gateways are told of it as they come online (`signing-key list`)"
    )
    print(
        f"{options.file} holds its private half, and nothing else does: print it or copy it, put it into the safe, delete the file"
    )
    return 0


def switch(options: Namespace) -> int:
    """Sign with the key of a file from now on; exit code 2 when a gateway doesn't know it yet."""
    if not is_ready():
        return 2
    now_ms = clock.now_ms()
    done = signing_keys.switch(Path(options.file), without=options.without, actor="console", now_ms=now_ms)
    if isinstance(done, Refused):
        return _refused(done)
    print(
        f"{done[:KEY_ID]} signs from now on, in every process of this server; the one before is still believed"
    )
    print(
        "when it signs well, take the one before away: cardroom-central signing-key retire ID; then prepare the next one"
    )
    return 0


def recover(options: Namespace) -> int:
    """Go on with the next key after the one that signed was lost."""
    now_ms = clock.now_ms()
    done = signing_keys.recover(Path(options.file), actor="console", now_ms=now_ms)
    if isinstance(done, Refused):
        return _refused(done)
    print(f"{done[:KEY_ID]} signs from now on; every gateway that was told of it goes on without a visit")
    if behind := signing_keys.without_key(done):
        print(
            f"these have not said that they know it: {', '.join(behind)}. Where one refuses commands, put {done} into"
        )
        print("its [central] public_keys and restart it")
    print("restart cardroom-ingest and cardroom-central, retire the lost key, and prepare the next one")
    return 0


def retire(options: Namespace) -> int:
    """Have a key believed by nobody any more; exit code 2 while sealed vouchers hang on it."""
    if not is_ready():
        return 2
    public = signing_keys.known(options.key)
    waiting = unused_of_key(public) if public else 0
    if waiting and not options.vouchers_too:
        print(
            f"{waiting} sealed vouchers of the stock were made with this key, and no gateway would take them: destroy them or "
            "use them up first, or say --vouchers-too",
            file=sys.stderr,
        )
        return 2
    done = signing_keys.retire(options.key, without=options.without, actor="console", now_ms=clock.now_ms())
    if isinstance(done, Refused):
        return _refused(done)
    print(f"{done[:KEY_ID]} is retired; gateways are told as they come online (`signing-key list`)")
    return 0


def _refused(refused: Refused) -> int:
    print(
        f"{refused.why.value}: {ADVICE[refused.why].format(about=', '.join(refused.about))}", file=sys.stderr
    )
    return 2
