"""`meter-groups`: say which meters are counted behind which master, from a JSON file; `--show` prints what holds now."""

import sys
from argparse import Namespace
from pathlib import Path

import msgspec

from central import clock
from central.campus.meter_groups import groups_of, read_groups, set_groups
from central.campus.models import Building
from gateway.contract.rules import GroupRule


def meter_groups(options: Namespace) -> int:
    """Show or replace a building's groups; exit code 2 when the file has mistakes: nothing is changed then."""
    building = Building.objects.filter(code=options.building).first()
    if building is None:
        print(f"there is no building {options.building}; import the campus first", file=sys.stderr)
        return 2
    if not options.file:
        print(msgspec.json.format(msgspec.json.encode(groups_of(building))).decode())
        return 0
    found = read_groups(Path(options.file).read_bytes())
    rules = [one for one in found if isinstance(one, GroupRule)]
    for mistake in found:
        if isinstance(mistake, str):
            print(f"{options.file}: {mistake}", file=sys.stderr)
    if len(rules) < len(found):
        return 2
    set_groups(options.building, rules, actor="console", now_ms=clock.now_ms())
    print(f"{len(rules)} groups; the gateway is told at the next `ingest` or `publish-config`")
    return 0
