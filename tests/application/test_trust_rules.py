"""Central's keys as the store keeps them: told by a command, there after a restart, and never without the one that signs (R-G5)."""

from pathlib import Path

import msgspec
import pytest

from gateway.application.trust_keys import keys_told
from gateway.contract.commands import TrustKeys
from gateway.contract.envelope import keyring_from_hex
from gateway.contract.facts import CommandOutcome
from tests.application.site import Site

NEXT, GONE = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c", "02" * 32


def told(site: Site, *keys: str, retired: tuple[str, ...] = (), signed_by: str = NEXT) -> CommandOutcome:
    site.number += 1
    sealed = site.sealed(TrustKeys(list(keys), list(retired)), site.number)
    taken = site.deliver(msgspec.structs.replace(sealed, key=signed_by[:16]))
    return taken.result.outcome


def test_what_was_told_is_there_after_a_restart_and_takes_the_place_of_what_was_told_before(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "journal.db")
    site.configure()
    assert told(site, NEXT, GONE) is CommandOutcome.APPLIED
    site.reopen()
    assert site.ask(keys_told).keys == (NEXT, GONE)
    assert told(site, NEXT.upper(), GONE) is CommandOutcome.EXISTS
    assert told(site, NEXT, retired=(GONE,)) is CommandOutcome.APPLIED
    site.reopen()
    assert (site.ask(keys_told).keys, site.ask(keys_told).retired) == ((NEXT,), (GONE,))
    site.close_journal()


@pytest.mark.parametrize(
    ("keys", "retired"),
    [
        ((), ()),
        ((GONE,), ()),
        ((NEXT,), (NEXT,)),
        ((NEXT, "zz" * 32), ()),
        ((NEXT, "01"), ()),
        ((NEXT, ""), ()),
        ((NEXT,), ("nonsense",)),
        ((NEXT,), tuple(f"{n:064x}" for n in range(40))),
    ],
)
def test_what_would_leave_the_signer_unbelieved_or_is_no_key_is_refused(
    site: Site, keys: tuple[str, ...], retired: tuple[str, ...]
) -> None:
    assert told(site, *keys, retired=retired) is CommandOutcome.REFUSED
    assert site.ask(keys_told).keys == ()


def test_a_ring_follows_for_whoever_holds_it_and_a_retired_key_of_the_file_is_believed_no_more() -> None:
    ring = keyring_from_hex([GONE])
    ring.follow([NEXT], [GONE])
    assert set(ring.keys) == {NEXT[:16]}
