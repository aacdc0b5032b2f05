"""`setting`: show a dated setting with its history, or set it at the server's console: on record, without signatures."""

import json
import sys
from argparse import Namespace
from datetime import datetime

from central import clock
from central.clock import CAMPUS_ZONE, local
from central.domain.known_settings import SETTINGS, Known, Place
from central.office.acts import all_acts
from central.office.dated_settings import history_of, known, value_at
from central.office.setting_changes import Change, set_at_console
from central.office.setting_words import fault_words, setting_words, value_text, where_words


def setting(options: Namespace) -> int:
    """Show or set; exit code 2 when what was typed is refused: nothing is changed then."""
    if not options.code:
        return _list()
    found = known(options.code)
    if found is None:
        return _refused(f"there is no setting {options.code}. `cardroom-central setting` lists them all")
    if options.value is None:
        return _show(found)
    if not options.why.strip():
        return _refused("say why with --why: the reason stays on record")
    change = _change(options, found)
    if isinstance(change, str):
        return _refused(change)
    row = set_at_console(change, why=options.why.strip(), now_ms=clock.now_ms())
    if isinstance(row, str):
        return _refused(str(fault_words(row)))
    print(
        f"{setting_words(found.code).label}: {value_text(found, row.value)}, {local(row.from_ms):%Y-%m-%d %H:%M}"
    )
    return 0


def _list() -> int:
    now_ms = clock.now_ms()
    chains = [found for act in all_acts() if (found := known(f"approval.{act.code}"))]
    for one in (*SETTINGS, *chains):
        value = value_text(one, value_at(one.code, now_ms))
        print(f"{one.code:<26} {value}   ({setting_words(one.code).label}, {one.source})")
    return 0


def _show(found: Known) -> int:
    value = value_at(found.code, clock.now_ms())
    print(f"{setting_words(found.code).label}: {value_text(found, value)}")
    print(f"JSON: {json.dumps(value, ensure_ascii=False)}")
    for row in history_of(found.code):
        where = where_words(Place(row.place), row.where)
        print(
            f"  {local(row.from_ms):%Y-%m-%d %H:%M}  {where}: {value_text(found, row.value)}  ({row.made_by})"
        )
    return 0


def _change(options: Namespace, found: Known) -> Change | str:
    place, _colon, where = options.place.partition(":")
    if place not in list(Place):
        return "--for is campus, class:CODE, building:CODE or room:LABEL"
    try:
        value = json.loads(options.value)
    except ValueError:
        return f"the value is JSON, such as {json.dumps(found.default, ensure_ascii=False)}; null takes back what was said"
    try:
        begins = datetime.fromisoformat(options.begins) if options.begins else None
    except ValueError:
        return "--from is a campus instant such as 2026-09-01T08:00"
    from_ms = int(begins.replace(tzinfo=CAMPUS_ZONE).timestamp() * 1000) if begins else clock.now_ms()
    return Change(found.code, Place(place), where, value, from_ms)


def _refused(why: str) -> int:
    print(f"cardroom-central: {why.rstrip('.。')}. Nothing was changed.", file=sys.stderr)
    return 2
