"""Modules of one line, compared with each other: a shared address, one that fails more than the rest (R-4.3.3b)."""

from gateway.application.meter_health import note_line
from gateway.application.ports import MeterCounts
from gateway.contract.facts import Alarm
from tests.application.site import Site


def judge(site: Site, **counts: tuple[int, int, int]) -> frozenset[str]:
    given = {name: MeterCounts(*numbers) for name, numbers in counts.items()}
    return site.do(lambda journal, now: note_line(journal, given, now))


def test_a_second_meter_at_an_address_is_told_until_it_is_gone(site: Site) -> None:
    assert judge(site, m1=(5, 9, 2), m2=(100, 0, 0)) == {"m2"}
    assert judge(site, m1=(5, 12, 3), m2=(0, 0, 0)) == {"m1"}
    assert site.standing() == {"address-twice"}
    assert judge(site, m1=(0, 40, 0), m2=(0, 0, 0)) == frozenset()
    judge(site, m1=(60, 0, 0), m2=(60, 0, 0))
    assert site.standing() == set()


def test_a_failing_module_is_told_and_a_bad_line_blames_none(site: Site) -> None:
    judge(site, m1=(80, 20, 0), m2=(100, 0, 0), m3=(100, 0, 0))
    assert site.standing() == {"meter-failing"}
    (raised,) = site.facts(Alarm)
    assert raised.subject == "m1"
    assert raised.detail == "20 of 100 questions failed, of the others' 0 of 200: look at its module"
    judge(site, m1=(80, 20, 0), m2=(80, 20, 0), m3=(80, 20, 0))
    assert site.standing() == set()
    judge(site, m1=(0, 100, 0), m2=(100, 0, 0))
    assert site.standing() == set()
