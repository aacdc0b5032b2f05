"""What else the use cases promise: restoring, warnings, configurations, status."""

from gateway.application.apply_command import Repeated, Taken
from gateway.application.outbox import outbox_batch
from gateway.application.status import room_statuses, station_status
from gateway.contract.commands import Configure, Grant, encode_command
from gateway.contract.facts import (
    CommandOutcome,
    Decision,
    DecisionKind,
    RelayVerdict,
    decode_fact,
)
from tests.application.site import PRICE, YUAN, Site, room, tie, use


def test_a_grant_restores_the_supply_in_the_same_transaction(site: Site) -> None:
    use(site, 99_000, minutes=120)
    assert site.relay().desired_closed is False
    site.drive(contact_closed=True)
    taken = site.grant("pay", 90 * YUAN)
    assert taken.relay == ("m1",)
    assert site.facts(Decision)[-1].decision is DecisionKind.CLOSE
    assert site.drive(contact_closed=False) is True


def test_warnings_come_level_by_level() -> None:
    site = Site()
    site.configure(room(warn_at=[5 * YUAN, 2 * YUAN]))
    site.grant("g", 6 * YUAN)
    site.read(0)
    for register in (2_000, 4_000, 8_000, 9_000):
        use(site, register)
    reasons = [d.reason for d in site.facts(Decision)]
    assert reasons == ["credit-left", "credit-low-1", "credit-low-2"]
    assert [d.facts for d in site.facts(Decision)] == [{}, {"level": 5 * YUAN}, {"level": 2 * YUAN}]


def test_a_bad_configuration_is_refused_whole_with_every_mistake(site: Site) -> None:
    bad = Configure(
        version=9,
        accounts=[room(tariff="nothing", overdraft=-1), room()],
        bindings=[tie("ghost")],
        prices=[PRICE],
    )
    result = site.command(bad).result
    assert result.outcome is CommandOutcome.REFUSED
    for part in ("listed twice", "no price", "overdraft", "ghost"):
        assert part in result.detail
    assert site.ask(station_status).config_version == 1


def test_an_older_configuration_is_exists_and_the_same_version_must_be_the_same(site: Site) -> None:
    site.configure()
    site.version = 0
    assert site.configure().result.outcome is CommandOutcome.EXISTS
    site.version = 1
    changed = site.configure(room(overdraft=5))
    assert changed.result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT


def test_an_account_that_left_the_configuration_is_settled_and_its_relay_left_alone(site: Site) -> None:
    use(site, 51_000)
    site.configure(room("a2"), bindings=[])
    assert site.billed_wh() == 1_000
    assert site.relay().desired_closed is None
    site.read(52_000)
    assert site.grant("late", YUAN).result.outcome is CommandOutcome.UNKNOWN_ACCOUNT


def test_status_shows_every_room_live(site: Site) -> None:
    use(site, 51_000)
    (shown,) = site.ask(room_statuses, site.now)
    assert (shown.room, shown.balance) == ("room a1", 10 * YUAN - 558_300)
    assert (shown.decision, shown.relay_verdict) == (DecisionKind.CLOSE, RelayVerdict.UNKNOWN)
    assert site.ask(station_status).rooms == 1


def test_every_outbox_row_is_a_fact_that_central_can_read(site: Site) -> None:
    site.journal.commit()
    for row in site.ask(outbox_batch).rows:
        decode_fact(bytes(row.fact))


def test_a_sealed_body_is_stored_byte_for_byte(site: Site) -> None:
    odd = encode_command(Grant("odd", "a1", "paid", "yuan", 5)).replace(b'"odd"', b' "odd"')
    sealed = site.sealed(odd, site.number + 1)
    assert isinstance(site.deliver(sealed), Taken)
    assert isinstance(site.deliver(sealed), Repeated)
