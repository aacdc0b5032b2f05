"""`enrol`: a building's enrolment code, for its first gateway or for the card in a dead one's place."""

import sys
from argparse import Namespace

from central import clock
from central.config.commands.running import is_ready
from central.link import enrolment_codes
from central.link.authority import load_authority
from central.link.enrolment_codes import MOST_HOURS, CodeRefusal
from central.link.models import BrokerFiles
from central.office.dated_settings import number_at

ADVICE = {
    CodeRefusal.UNKNOWN_BUILDING: "there is no building {building}; import the campus first, or name another one",
    CodeRefusal.BAD_ID: "{id} can't be a gateway's id; choose one with --id: 1-64 letters, digits, '.', '_', ':' or '-', "
    "but not 'central'",
    CodeRefusal.ID_TAKEN: "another building's gateway is named so; choose another id with --id",
    CodeRefusal.OTHER_ID: "the building's gateway has an id already and keeps it; leave --id out",
    CodeRefusal.BAD_HOURS: f"a code is open for 1 to {MOST_HOURS} hours; choose --hours among them",
    CodeRefusal.NO_CODE: "building {building} has no code yet; open one: cardroom-central enrol {building}",
    CodeRefusal.LOST: "the code can't be unsealed: secret.key was replaced; make a new one: "
    "cardroom-central enrol {building} --new",
}


def enrol(options: Namespace) -> int:
    """Open a building's code and print it, or close it; exit code 2 when it is refused: nothing is changed then."""
    if not is_ready():
        return 2
    now_ms = clock.now_ms()
    if options.close:
        refused = enrolment_codes.close_code(options.building, actor="console", now_ms=now_ms)
        return (
            _refused(refused, options)
            if refused
            else _said(f"the code of building {options.building} is closed")
        )
    if load_authority() is None or not BrokerFiles.objects.exists():
        print(
            "gateways can't be enrolled yet: `cardroom-central ca`, then `cardroom-central broker-config`",
            file=sys.stderr,
        )
        return 2
    opened = enrolment_codes.open_code(
        options.building,
        options.hours if options.hours is not None else number_at("link.enrol-hours", now_ms),
        gateway_id=options.id,
        new_code=options.new,
        actor="console",
        now_ms=now_ms,
    )
    if isinstance(opened, CodeRefusal):
        return _refused(opened, options)
    print(opened.code)
    until = clock.minute_text(opened.open_until_ms)
    print(f"for gateway {opened.gateway} of building {options.building}, open until {until}, for one card")
    print("on the Pi: sudo cardroom-gateway setup")
    return 0


def _said(sentence: str) -> int:
    print(sentence)
    return 0


def _refused(refused: CodeRefusal, options: Namespace) -> int:
    wanted = options.id or f"b{options.building}"
    print(f"{refused.value}: {ADVICE[refused].format(building=options.building, id=wanted)}", file=sys.stderr)
    return 2
