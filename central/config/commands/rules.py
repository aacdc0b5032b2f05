"""`rules` and `price`: show and set what gateways decide by, from a JSON or TOML file; nothing is saved that has a mistake.

A dry run checks the whole building and names the rooms that would be decided otherwise today.
"""

import sys
import tomllib
from argparse import Namespace
from datetime import datetime
from pathlib import Path

import msgspec
from django.db import transaction

from central import clock
from central.campus.gateway_rules import RulesUnusable, rules_of
from central.campus.models import Building
from central.campus.operations import Refused, publish_price
from central.campus.rule_words import mistake_words
from central.campus.rules import Mistaken, NoSuchThing, RulesSet, rules_now, set_rules
from central.clock import CAMPUS_ZONE
from central.domain.rule_json import RuleKind
from central.link.what_if import decided_otherwise
from gateway.contract.commands import Configure

LIST_KEY = "rules"
"""TOML has no list at its top: one stands under this name."""


def rules(options: Namespace) -> int:
    """Show or replace a part of the rules; exit code 2 when it is refused: nothing is changed then."""
    kind = RuleKind(options.kind)
    if not options.file:
        found = rules_now(kind, options.code)
        if isinstance(found, NoSuchThing):
            return _not_there(found)
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    value = read_rules_file(options.file)
    if value is None:
        return 2
    with transaction.atomic():
        before = _configurations()
        done = set_rules(kind, options.code, value, actor="console", now_ms=clock.now_ms())
        if isinstance(done, RulesSet):
            _tell(done, before, dry_run=options.dry_run)
        transaction.set_rollback(options.dry_run or not isinstance(done, RulesSet))
    if isinstance(done, NoSuchThing):
        return _not_there(done)
    if isinstance(done, Mistaken):
        for mistake in done.mistakes:
            print(mistake_words(mistake), file=sys.stderr)
        return 2
    return 0


def price(options: Namespace) -> int:
    """Publish a price from a file; exit code 2 when it is refused."""
    value = read_rules_file(options.file)
    if value is None:
        return 2
    if not isinstance(value, dict) or not {"yuan_per_kwh", "from"} <= value.keys() <= PRICE_NAMES:
        print(f"{options.file}: {', '.join(sorted(PRICE_NAMES))} are what a price has", file=sys.stderr)
        return 2
    try:
        begins = datetime.fromisoformat(str(value["from"]))
    except ValueError:
        print(f"{options.file}: from is not a date; write 2026-09-01 or 2026-09-01 08:00", file=sys.stderr)
        return 2
    begins = begins if begins.tzinfo else begins.replace(tzinfo=CAMPUS_ZONE)
    from_ms = int(begins.timestamp() * 1000)
    done = publish_price(
        options.customer_class, str(value["yuan_per_kwh"]), from_ms,
        windows=value.get("windows", []), steps=value.get("steps", []),
        actor="console", now_ms=clock.now_ms(),
    )  # fmt: skip
    if isinstance(done, Refused):
        print(f"{done.why.value}: {done.what}", file=sys.stderr)
        for mistake in done.mistakes:
            print(mistake_words(mistake), file=sys.stderr)
        return 2
    print(f"price {done.version}; gateways are told at the next `ingest` or `publish-config`")
    return 0


PRICE_NAMES = {"yuan_per_kwh", "from", "windows", "steps"}


def read_rules_file(file_name: str) -> object | None:
    """Read JSON, or TOML by the name's end; None when it is neither, which was said."""
    content = Path(file_name).read_bytes()
    try:
        if not file_name.endswith(".toml"):
            found: object = msgspec.json.decode(content)
            return found
        table = tomllib.loads(content.decode())
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        print(f"{file_name}: {error}", file=sys.stderr)
        return None
    return table[LIST_KEY] if table.keys() == {LIST_KEY} else table


def _configurations() -> dict[str, Configure]:
    found = {}
    for building in Building.objects.all():
        try:
            found[building.code] = rules_of(building)
        except RulesUnusable:
            continue
    return found


def _tell(done: RulesSet, before: dict[str, Configure], *, dry_run: bool) -> None:
    after = _configurations()
    changed = [
        one
        for code in done.buildings
        if code in before and code in after
        for one in decided_otherwise(before[code], after[code], clock.now_ms())
    ]
    for one in changed:
        print(f"room {one.room}: {' '.join(one.now)} -> {' '.join(one.then)}")
    said = "would be" if dry_run else "are"
    print(f"{len(changed)} rooms {said} decided otherwise by what they have now")
    if not dry_run:
        told = ", ".join(done.buildings) or "no building yet"
        print(f"the gateways of {told} are told at the next `ingest` or `publish-config`")


def _not_there(missing: NoSuchThing) -> int:
    print(f"there is no {missing.where}; import the campus first, and name it by its code", file=sys.stderr)
    return 2
