"""An empty database gets its tables at once: the very tables that all migrations together make, on SQLite and PostgreSQL."""

import json

import pytest

SHAPE = """
import json, re
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder

def plain(sql):
    return " ".join(sorted(re.findall(r'[^\\s,()]+', sql or "")))

def shape(alias):
    one, found = connections[alias], {}
    with one.cursor() as cursor:
        for table in one.introspection.table_names(cursor):
            found[table] = sorted(
                json.dumps([c.name, one.introspection.get_field_type(c.type_code, c), c.null_ok, c.default, c.display_size])
                for c in one.introspection.get_table_description(cursor, table)
            ) + sorted(
                json.dumps([re.sub(r"^(fk_|__).*", "", name), {k: v for k, v in c.items() if k != "options"}], default=str)
                for name, c in one.introspection.get_constraints(cursor, table).items()
            )
        if one.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL")
            found["made"] = sorted(json.dumps(row) for row in cursor.fetchall())
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            found["words"] = {name: plain(sql) for name, sql in cursor.fetchall()}
        else:
            cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
            found["made"] = sorted(json.dumps(row) for row in cursor.fetchall())
            cursor.execute("SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
            found["triggers"] = sorted(json.dumps(row) for row in cursor.fetchall())
            cursor.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 0")
            found["constraints"] = sorted(json.dumps(row) for row in cursor.fetchall())
    found["done"] = sorted("%s.%s" % key for key in MigrationRecorder(one).applied_migrations())
    return found
print(json.dumps({alias: shape(alias) for alias in connections}))
"""
STEP_BY_STEP = """
from django.core.management.commands.migrate import Command
from django.core.management import call_command
from central import clock
from central.config import data_folder
from central.link.telemetry.partitions import make_partitions
from django.apps import apps
from django.db.migrations.state import ProjectState

data_folder.make_keys()
# The same answer for a field every time: Django looks for it anew in all models, a hundred thousand times.
find, known = apps.get_swappable_settings_name, {}
apps.get_swappable_settings_name = lambda name: known[name] if name in known else known.setdefault(name, find(name))
# Render the neighbours of what changed, and not their neighbours, too. An upgrade does all that `migrate` does.
reload = ProjectState.reload_model
ProjectState.reload_model = lambda state, app_label, name, delay=False: reload(state, app_label, name, delay=True)
for alias in ("default", "telemetry"):
    call_command(Command(), database=alias, verbosity=0, interactive=False, skip_checks=True)
make_partitions(clock.now_ms())
"""


def shape_of(central, before=""):
    process = central.script(before + SHAPE)
    said, error = process.communicate(timeout=500)
    assert process.returncode == 0, error
    return json.loads(said)


@pytest.mark.one_database  # on PostgreSQL an upgraded release is compared with a new central (test_kept_releases.py)
@pytest.mark.timeout(900)  # every migration since the first, one after the other: a minute of processor time
def test_at_once_and_step_by_step_make_the_same_tables(own_central, tmp_path):
    at_once = type(own_central)(tmp_path / "at-once")
    at_once.create_databases()
    try:
        assert at_once.run("init", "--password-stdin", stdin="a-good-long-password\n").returncode == 0
        made, migrated = shape_of(at_once), shape_of(own_central, STEP_BY_STEP)
    finally:
        at_once.drop_databases()
    assert len(migrated["default"]["done"]) > 60
    assert made["telemetry"] == migrated["telemetry"]
    for what in {*made["default"], *migrated["default"]}:
        assert made["default"].get(what) == migrated["default"].get(what), what


def test_a_database_with_tables_is_migrated_step_by_step(own_central):
    assert own_central.run("init", "--password-stdin", stdin="a-good-long-password\n").returncode == 0
    back = own_central.script(
        "from django.core.management import call_command\n"
        "call_command('migrate', 'k3', 'zero', verbosity=0)\n"
        "from django.db import connection\nprint([t for t in connection.introspection.table_names() if t.startswith('k3')])"
    )
    assert back.communicate(timeout=500)[0].strip() == "[]"
    assert own_central.run("init").returncode == 0
    assert "k3_k3import" in shape_of(own_central)["default"]
