"""`merge-balance`, `split-balance`: several rooms on one balance, and each on its own again."""

import sys
from argparse import Namespace

from central import clock
from central.campus.models import Account
from central.link.shared_balance import Refused, SharingRefusal, merge, split

ADVICE = {
    SharingRefusal.NO_ROOMS: "name the room that pays, then those that pay from it",
    SharingRefusal.NO_ACCOUNT: "there is no such room with an open account; name rooms as 1-301",
    SharingRefusal.ITSELF: "a room can't pay from itself; name other rooms",
    SharingRefusal.ACROSS_GATEWAYS: "it is in another building; a merged balance lives on one gateway",
    SharingRefusal.PAYER_PAYS_ELSEWHERE: "the room that should pay pays from another one itself; name that one",
    SharingRefusal.PAYS_FOR_OTHERS: "others pay from it; split those first",
    SharingRefusal.UNIT_DIFFERS: "one balance is kept in yuan, the other in kWh; put both rooms in classes of one unit",
    SharingRefusal.NOT_PREPAID: "only prepaid rooms share a balance",
    SharingRefusal.OWES: "it owes money of its own; let that be paid first",
    SharingRefusal.CREDIT_UNDER_WAY: "credit for it is on its way to the gateway; try again when it has arrived",
    SharingRefusal.NOT_SHARED: "it has its own balance already",
    SharingRefusal.GATEWAY_OFFLINE: "the building's gateway is not connected, and credit carried to it by hand would meet the "
    "former rooms; try again when the link is back",
    SharingRefusal.GATEWAY_BEHIND: "the building's gateway has not taken its newest rules yet; try again when it has, within "
    "seconds of a working link (`cardroom-central status`)",
}


def merge_balance(options: Namespace) -> int:
    """Let rooms pay from the first one's balance; exit code 2 when it is refused: nothing is changed then."""
    done = merge(options.payer, options.rooms, actor="console", now_ms=clock.now_ms())
    return _told(done, f"pays from {options.payer} from now on")


def split_balance(options: Namespace) -> int:
    """Let rooms use up their own balances again; exit code 2 when it is refused: nothing is changed then."""
    done = split(options.rooms, actor="console", now_ms=clock.now_ms())
    return _told(done, "has its own balance from now on")


def _told(done: list[Account] | Refused, what: str) -> int:
    if isinstance(done, Refused):
        print(f"{done.what or 'nothing to do'}: {done.why}: {ADVICE[done.why]}", file=sys.stderr)
        return 2
    for account in done:
        print(f"{account.point.code} {what}; the gateway is told")
    return 0
