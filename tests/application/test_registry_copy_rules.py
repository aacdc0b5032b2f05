"""When a gateway tells its registry: once per content and life of the store, and never from a blank card (R-G6)."""

import msgspec

from gateway.application.outbox import begin_epoch
from gateway.application.records import ONLY, Station
from gateway.application.registry_copy import tell_registry
from gateway.contract.facts import Instant
from gateway.contract.registry_facts import RegistryCopy, RegistryLine, RegistryMeter
from tests.application.site import START_MS, Site

AT = Instant("b", 0, START_MS, True)
BLANK = RegistryCopy(AT, [], [])
FOUND = RegistryCopy(
    AT, [RegistryLine("a", "/dev/ttyUSB0", 2400, "E")], [RegistryMeter("m1", "a", "1", "generic-dlt645-2007")]
)


def test_each_content_is_told_once_and_a_blank_card_tells_nothing() -> None:
    site = Site()

    def tell(copy: RegistryCopy) -> bool:
        return site.journal.perform(lambda journal: tell_registry(journal, copy))

    told = [tell(one) for one in (BLANK, FOUND, FOUND, BLANK, BLANK, FOUND)]
    assert told == [False, True, False, True, False, True]
    assert [fact for fact in site.facts() if isinstance(fact, RegistryCopy)] == [FOUND, BLANK, FOUND]

    def live_again(journal):
        begin_epoch(journal, "e-next")
        here = journal.record(Station, ONLY)
        journal.keep(ONLY, msgspec.structs.replace(here, epoch="e-next"))

    site.journal.perform(live_again)
    assert tell(FOUND), "central may have lost it with the rows of the life before"
