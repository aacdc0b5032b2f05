"""What an earlier release stored, met by the messages of this one: fields at their defaults were never said (C-1)."""

from hashlib import sha256

import msgspec
import pytest

from gateway.application.alarms import station
from gateway.application.grant import apply_voucher
from gateway.application.records import ONLY, InboxRow, KnownGrant
from gateway.contract.commands import Configure, Grant, content_digest, decode_command
from gateway.contract.facts import CommandOutcome, CommandResult
from gateway.contract.rules import PolicyRule
from tests.application.site import YUAN, Site

EARLIER_CONFIGURATION = (
    b'{"kind":"configure","version":1,"accounts":[{"account":"a1","room":"room a1","tariff":"student","unit":"yuan",'
    b'"buckets":[{"name":"subsidy","unit":"kwh","order":1,"refundable":false},'
    b'{"name":"paid","unit":"yuan","order":2,"refundable":true}],"billing":"prepaid","cut_off":"internal",'
    b'"protected":false,"overdraft":0,"warn_at":[],"max_power_w":60000}],'
    b'"bindings":[{"binding":"a1-m1-0","meter":"m1","account":"a1","from_ms":0,"baseline_wh":null}],'
    b'"prices":[{"version":"p1","tariff":"student","from_ms":0,"micro_yuan_per_kwh":558300}],'
    b'"policy":{"cut_guard_count":20,"cut_guard_window_s":600,"restore_gap_ms":250,"settle_every_s":3600,'
    b'"silent_alarm_after_s":900,"new_account_grace_s":120,"keep_acked_days":35},"opening":null}'
)
"""As the first release encoded it, before time-tables, caps and groups."""
EARLIER_GRANT = b'{"kind":"grant","grant":"g7","account":"a1","bucket":"paid","unit":"yuan","amount":1000000}'


@pytest.fixture
def earlier(site: Site) -> Site:
    """The store as the first release left it: its own digest, its own bytes in the inbox."""
    last = site.number

    def rewrite(journal, now):  # type: ignore[no-untyped-def]
        digest = sha256(EARLIER_CONFIGURATION).digest()
        journal.keep(ONLY, msgspec.structs.replace(station(journal), config_digest=digest))
        result = CommandResult(1, "c1", CommandOutcome.APPLIED, now)
        journal.keep("1", InboxRow(1, "c1", EARLIER_CONFIGURATION, result))
        journal.keep("g7", KnownGrant(EARLIER_GRANT))

    site.do(rewrite)
    assert site.number == last
    return site


def _configuration() -> Configure:
    body = decode_command(EARLIER_CONFIGURATION)
    assert isinstance(body, Configure)
    return body


def test_the_same_configuration_in_this_release_s_words_is_no_alarm(earlier: Site) -> None:
    assert msgspec.json.encode(_configuration()) != EARLIER_CONFIGURATION
    assert earlier.command(_configuration()).result.outcome is CommandOutcome.EXISTS
    assert earlier.standing() == set()


@pytest.mark.parametrize(
    "change",
    [{"policy": PolicyRule(cut_guard_count=21)}, {"prices": []}, {"policy": PolicyRule(isolated_after_s=1)}],
)
def test_the_same_version_with_other_content_is_one(earlier: Site, change: dict[str, object]) -> None:
    other = msgspec.structs.replace(_configuration(), **change)
    assert earlier.command(other).result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT
    assert "exists-with-different" in earlier.standing()


def test_the_next_configuration_is_known_again_by_what_it_says(earlier: Site) -> None:
    """Also once its bytes left the inbox: the digest is of the content."""
    earlier.version = 1
    earlier.configure()
    body = earlier.ask(lambda journal: decode_command(journal.record(InboxRow, str(earlier.number)).body))
    earlier.do(lambda journal, now: journal.forget(InboxRow, str(earlier.number)))
    assert earlier.command(body).result.outcome is CommandOutcome.EXISTS
    other = msgspec.structs.replace(body, policy=PolicyRule())
    assert earlier.command(other).result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT


def test_the_same_grant_in_this_release_s_words_credits_once_and_is_no_alarm(earlier: Site) -> None:
    before = earlier.balance()
    grant = Grant("g7", "a1", "paid", "yuan", YUAN)
    assert earlier.command(grant).result.outcome is CommandOutcome.EXISTS
    assert earlier.do(apply_voucher, grant).outcome is CommandOutcome.EXISTS
    assert earlier.balance() == before
    assert earlier.standing() == set()
    other = msgspec.structs.replace(grant, amount=2 * YUAN)
    assert earlier.command(other).result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT
    assert "exists-with-different" in earlier.standing()


class _Today(msgspec.Struct, frozen=True):
    name: str
    limit: int = 60_000


class _Tomorrow(msgspec.Struct, frozen=True):
    name: str
    limit: int = 60_000
    colour: str = "none"
    inner: list[_Today] = []


def test_a_digest_is_of_what_was_said() -> None:
    assert content_digest(_Today("a")) == content_digest(_Tomorrow("a"))
    assert content_digest(_Today("a", 60_001)) == content_digest(_Tomorrow("a", 60_001))
    said = {content_digest(_Tomorrow("a", inner=[_Today("b", n)])) for n in (1, 2, 60_000)}
    assert len(said | {content_digest(_Tomorrow("a")), content_digest(_Tomorrow("b"))}) == 5
