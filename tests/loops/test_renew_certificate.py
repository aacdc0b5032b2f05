"""When the link's certificate is renewed: a third of its life before its end, by dice, again with patience, and after its end."""

import pytest

from gateway.adapters.tls_files import validity
from gateway.domain.renewal import Validity, due_ms, is_alarming, pause_ms
from gateway.loops.renew_certificate import CertificateKeeper, Renewal
from tests.technician.enrolling_central import Authority

DAY_MS = 86_400_000


class Clocks:
    def __init__(self, wall_ms: int) -> None:
        self.now_ms = wall_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def monotonic_ms(self) -> int:
        return self.now_ms


class Bench:
    """A keeper over a certificate of 90 days, and a central that answers what it is told to."""

    def __init__(self, day: float) -> None:
        self.clock = Clocks(int(day * DAY_MS))
        self.present: Validity | None = Validity(0, 90 * DAY_MS)
        self.answers: list[str] = []
        self.asked_day: list[float] = []
        self.connected = 0
        self.keeper = CertificateKeeper(
            lambda: self.present, self.renew, self.connect, self.clock, lambda: 0.5
        )

    async def renew(self) -> Renewal:
        self.asked_day.append(self.clock.now_ms / DAY_MS)
        code = self.answers.pop(0) if self.answers else ""
        if not code:
            self.present = Validity(self.clock.now_ms, self.clock.now_ms + 90 * DAY_MS)
        return Renewal(code, "told" if code else "")

    async def connect(self) -> None:
        self.connected += 1

    async def pass_days(self, days: float, step_days: float = 0.02) -> None:
        for _ in range(int(days / step_days)):
            await self.keeper.tick()
            self.clock.now_ms += int(step_days * DAY_MS)


async def test_it_is_renewed_a_third_before_the_end_once_and_the_link_connects_anew() -> None:
    bench = Bench(day=59)
    await bench.pass_days(3)
    assert bench.asked_day == [pytest.approx(60.75, abs=0.03)], (
        "two thirds, and half of a sixtieth by the dice"
    )
    assert bench.connected == 1
    assert bench.keeper.trouble is None


async def test_what_fails_is_tried_again_ever_more_rarely_and_is_told_from_the_third_time_on() -> None:
    bench = Bench(day=61)
    bench.answers = ["no-answer"] * 12
    await bench.pass_days(0.005, step_days=0.001)
    assert (len(bench.asked_day), bench.keeper.trouble) == (2, None)
    await bench.pass_days(1, step_days=0.001)
    waits = [
        round(later - sooner, 3) for sooner, later in zip(bench.asked_day, bench.asked_day[1:], strict=False)
    ]
    assert waits == sorted(waits)
    assert waits[-1] <= 6 / 24
    assert bench.keeper.trouble == "no-answer: told"
    await bench.pass_days(2)
    assert (bench.keeper.trouble, bench.connected) == (None, 1)


async def test_one_that_has_ended_or_is_gone_is_asked_for_at_once_and_more_often() -> None:
    for present in (Validity(0, 90 * DAY_MS), None):
        bench = Bench(day=95)
        bench.present, bench.answers = present, ["no-network"] * 20
        await bench.keeper.tick()
        assert (bench.keeper.is_expired, bench.keeper.trouble) == (True, "no-network: told")
        await bench.pass_days(0.3, step_days=0.001)
        assert 15 <= len(bench.asked_day) <= 25


def test_the_rules_bounds() -> None:
    assert due_ms(Validity(0, 90), 0.0) == 60
    assert pause_ms(1, 0.0, expired=False) == 150_000
    assert pause_ms(99, 1.0, expired=False) == 6 * 3_600_000
    assert pause_ms(99, 1.0, expired=True) == 1_800_000
    assert [is_alarming(tries, expired=False) for tries in (0, 2, 3)] == [False, False, True]
    assert not is_alarming(0, expired=True)


def test_the_dates_are_read_from_the_certificate_as_the_library_reads_them() -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    for days in (90, 366 * 40):  # the latter beyond 2049: dates of another form
        pem = Authority().client(key, "b1", days)
        read, known = validity(pem), x509.load_pem_x509_certificate(pem.encode())
        assert read == Validity(
            int(known.not_valid_before_utc.timestamp()) * 1000,
            int(known.not_valid_after_utc.timestamp()) * 1000,
        )
        for broken in ("", "x", pem[:200], pem.replace("A", "B", 7)[: len(pem) // 2]):
            assert validity(broken) is None
