"""A few modules and images of `make firmware-kill`, killed everywhere (R-G7: nothing is bricked)."""

import random

from tests.firmware_kill.run import ran_without_checks, run
from tests.firmware_kill.trials import cases


def test_a_transfer_killed_anywhere_ends_with_exactly_the_image() -> None:
    tally = run(images=4, seed=11)
    assert tally.kills > 400
    assert (tally.resumed, tally.bricked, tally.ran_wrong) == (tally.kills, 0, 0), tally.notes
    assert tally.wrong_offered == 28


def test_a_bootloader_that_checks_nothing_is_found_out() -> None:
    assert ran_without_checks(cases(1, 3), random.Random(3)) > 3
