"""`python -m tests.dead_pi.at_central JSON`: `cardroom-central` commands one after the other in one process, each as it is typed.

Loading central takes longer than most of them. JSON: a list of [arguments, what is typed in]. With --approve BUILDING, the card
that waits is let in afterwards: what an administrator's button does.
"""

import io
import json
import sys
import time

from central.__main__ import main


def run() -> int:
    """Run them all; the first exit code that is not 0."""
    for arguments, typed in json.loads(sys.argv[1]):
        sys.stdin = io.StringIO(typed)
        if code := main(arguments):
            return code
        sys.stdout.flush()
    return approve(sys.argv[3]) if sys.argv[2:3] == ["--approve"] else 0


def approve(building: str) -> int:
    """Wait for a card that waits, and let it replace the living gateway."""
    from central import clock
    from central.link.enrolment_codes import approve_replacement
    from central.link.models import EnrolmentCode

    while not (waiting := EnrolmentCode.objects.get(building__code=building).waiting_key):
        time.sleep(0.2)
    return int(approve_replacement(building, waiting, actor="admin", now_ms=clock.now_ms()) is not None)


if __name__ == "__main__":
    sys.exit(run())
