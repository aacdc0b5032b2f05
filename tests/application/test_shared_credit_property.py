"""Readings of three meters in any order, joining and leaving one credit: the books are the registers' true movement."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.application.settle_due import settle_due
from gateway.contract.facts import Entry
from gateway.contract.rules import AccountRule, PriceRule
from gateway.domain.ledger import kwh_part
from tests.application.site import Site, room

MICRO_YUAN_PER_KWH = {"student": 558_300, "shop": 1_000_001, "staff": 333_333}
TARIFF = {"a1": "student", "a2": "shop", "a3": "staff"}
PRICES = [PriceRule(f"p-{name}", name, 0, price) for name, price in MICRO_YUAN_PER_KWH.items()]
PAYER = "a1"
START_WH = 1_000_000
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from(sorted(TARIFF)), st.integers(0, 900)),
        st.tuples(st.sampled_from(["join", "leave"]), st.sampled_from(["a2", "a3"]), st.just(0)),
        st.tuples(st.just("grant"), st.sampled_from(["paid", "subsidy"]), st.integers(1, 900_000)),
        st.tuples(st.just("hour"), st.just(""), st.just(0)),
    ),
    max_size=25,
)


class Books:
    """What is used, by the payer of that time and the point, beside what the gateway books."""

    def __init__(self) -> None:
        self.site = Site()
        self.payer = dict.fromkeys(TARIFF, PAYER)
        """A payer named as its own pays for itself."""
        self.register_wh = dict.fromkeys(TARIFF, START_WH)
        self.used_wh: dict[tuple[str, str], int] = {}
        self.granted = {"paid": 0, "subsidy": 0}
        self._configure()
        for name in TARIFF:
            self.site.read(START_WH, f"m{name[1:]}")

    def _configure(self) -> None:
        rules: list[AccountRule] = [
            room(name, tariff=TARIFF[name], pays_from="" if self.payer[name] == name else self.payer[name])
            for name in TARIFF
        ]
        self.site.configure(*rules, prices=PRICES)

    def read(self, name: str, more_wh: int) -> None:
        self.site.wait(300_000)
        self.register_wh[name] += more_wh
        key = (self.payer[name], name)
        self.used_wh[key] = self.used_wh.get(key, 0) + more_wh
        self.site.read(self.register_wh[name], f"m{name[1:]}")

    def join(self, name: str, _: int) -> None:
        self.payer[name] = PAYER
        self._configure()

    def leave(self, name: str, _: int) -> None:
        self.payer[name] = name
        self._configure()

    def grant(self, bucket: str, amount: int) -> None:
        self.site.grant(f"g{self.site.number}", amount, PAYER, bucket)
        self.granted[bucket] += amount

    def hour(self, *_: object) -> None:
        self.site.wait(3_600_000)
        self.site.do(settle_due)

    def settled(self) -> list[Entry]:
        """Settle everybody with whom they have now, and give all consumption."""
        self.payer = {name: name for name in TARIFF}
        self._configure()
        self.site.wait(3_600_000)
        for name in TARIFF:
            self.read(name, 0)
        self.hour()
        return self.site.entries("consumption")


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_what_is_taken_is_what_it_cost_and_no_watt_hour_is_lost(steps: list[tuple[str, str, int]]) -> None:
    books = Books()
    for what, name, amount in steps:
        getattr(books, what)(name, amount)
    billed: dict[tuple[str, str], int] = {}
    cost_nano = dict.fromkeys(TARIFF, 0)
    from_kwh = 0
    for entry in books.settled():
        point = entry.used_by or entry.account
        billed[entry.account, point] = billed.get((entry.account, point), 0) + entry.energy_wh
        assert entry.meter == f"m{point[1:]}"
        assert entry.price_micro_yuan_per_kwh == MICRO_YUAN_PER_KWH[TARIFF[point]]
        cost_nano[entry.account] += (entry.energy_wh - kwh_part(entry.lines)) * entry.price_micro_yuan_per_kwh
        from_kwh += kwh_part(entry.lines)
    assert billed == {key: used_wh for key, used_wh in books.used_wh.items() if used_wh}
    for name in TARIFF:
        given = books.granted["paid"] if name == PAYER else 0
        held_nano = books.site.balance(name) * 1000 - books.site.state(name).carried_nano_yuan
        assert held_nano == given * 1000 - cost_nano[name]
    assert books.site.balance(PAYER, "subsidy") == books.granted["subsidy"] - from_kwh
    assert books.site.ask(lambda journal: journal.ledger_differences()) == []
    books.site.journal.close()
