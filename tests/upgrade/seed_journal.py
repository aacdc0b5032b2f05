"""Fill a gateway's new journal with a little of everything, in its own release's code. Run inside a release's tree."""

import sys
from pathlib import Path

from gateway.application.settle_due import settle_due
from tests.application.site import YUAN, Site


def seed(path: Path) -> None:
    """Credit a room, read its meter for hours, and have a settlement booked."""
    site = Site(path)
    site.configure()
    site.grant("g1", 10 * YUAN)
    for hour in range(4):
        site.read(hour * 1_000)
        site.wait(3_700_000)
        site.do(settle_due)
    site.journal.commit()
    site.journal.close()


if __name__ == "__main__":
    seed(Path(sys.argv[1]))
