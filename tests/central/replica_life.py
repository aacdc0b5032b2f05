"""A central with a real streaming replica: reports asked while the replica follows, lags, cancels, is gone, takes writes.

    python -m tests.central.replica_life        prints one JSON object: what each step gave

A process of its own, since the settings name the databases when they are read. The tables are made without their history.
"""

import json
import os
import tempfile
from contextlib import contextmanager

from tests.cluster.database_pair import DatabasePair

WRITES = 6
PATIENT_S = 60.0
"""On a busy machine a replica may be late, and none of these steps is about that."""
PROBE, SLOW, LOCKS = "probe", "slow", "locks"


def main() -> None:
    """Start both servers, live, stop both."""
    pair = DatabasePair("-c fsync=off -c max_standby_streaming_delay=0")
    try:
        pair.begin_replica()
        pair.primary.wait_for(None)
        os.environ |= pair.addresses() | _addresses_of_replica(pair)
        with tempfile.TemporaryDirectory(prefix="replica-") as folder:
            os.environ |= {"CARDROOM_DATA": folder, "DJANGO_SETTINGS_MODULE": "central.config.settings"}
            os.environ["CARDROOM_SECOND_FACTOR"] = "0"
            import django

            django.setup()
            from central.config import data_folder

            data_folder.make_keys()
            print(json.dumps(_Life(pair).lived()))
    finally:
        pair.close()


def _addresses_of_replica(pair: DatabasePair) -> dict[str, str]:
    from urllib.parse import quote

    server = f"postgresql://postgres@{quote(str(pair.replica.folder), safe='')}:{pair.replica.port}"
    return {
        "REPLICA_DATABASE_URL": f"{server}/central",
        "TELEMETRY_REPLICA_DATABASE_URL": f"{server}/telemetry",
    }


class _Life:
    def __init__(self, pair: DatabasePair) -> None:
        from django.test import Client

        from central import replica

        self.pair, replica.CAUGHT_UP_WITHIN_S = pair, PATIENT_S
        _make_tables()
        _add_reports(self)
        from central.office.models import User

        reader = User.objects.create_user("finance", role="finance")
        self.browser = Client()
        self.browser.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
        self.while_slow = lambda: None

    def lived(self) -> dict[str, object]:
        """Go through all steps, in their order."""
        return {
            "every_report": self.every_report(),
            "own_writes": self.own_writes(),
            "behind": self.behind(),
            "files_tie": self.files_tie(),
            "in_transaction": self.in_transaction(),
            "locks": self.ask(LOCKS),
            "cancelled": self.cancelled(),
            "good": self.health(),
            "away": self.away(),
            "promoted": self.promoted(),
        }

    def ask(self, code: str) -> dict[str, object]:
        """Ask for a report's page: what it shows, whether it says that it is the replica's, and what was counted."""
        from central import replica

        answer = self.browser.get(f"/papers/{code}/")
        text = answer.content.decode()
        shown = text.partition("buildings:")[2].partition(".")[0]
        return {
            "status": answer.status_code,
            "shown": shown,
            "of_replica": "主库的副本" in text,
            "counted": dict(replica.taken_counts()),
        }

    def every_report(self) -> list[str]:
        """Make every report apart, for each kind of period; name those that the replica doesn't give as the primary does."""
        from django.utils import translation

        from central import clock, replica
        from central.papers import catalogue
        from central.papers.accounting import period_of

        today, wrong = clock.campus_day(clock.now_ms()), []
        with translation.override("en"):
            for report in catalogue.all_reports():
                for kind in report.periods:
                    period = period_of(kind, today)
                    made = catalogue.make_apart(report, period)
                    counted = replica.taken_counts()
                    if report.code != LOCKS and (
                        made.as_of_ms is None or made.value != catalogue.make(report, period)
                    ):
                        wrong.append(f"{report.code} {kind}: {dict(counted)}")
        return wrong

    def own_writes(self) -> list[dict[str, object]]:
        """Write, and look at once, again and again."""
        return [{"written": str(_one_more_building()), **self.ask(PROBE)} for _n in range(WRITES)]

    def behind(self) -> dict[str, object]:
        from central import replica

        replica.CAUGHT_UP_WITHIN_S = 0.3
        self.pair.replica.say("SELECT pg_wal_replay_pause()", "central")
        found = {"written": str(_one_more_building()), **self.ask(PROBE)}
        self.pair.replica.say("SELECT pg_wal_replay_resume()", "central")
        replica.CAUGHT_UP_WITHIN_S = PATIENT_S
        return found

    def files_tie(self) -> bool:
        """A file has the same bytes from the replica as from the primary."""
        from central import replica

        with _without_replica():
            ours = self.browser.get(f"/papers/{PROBE}/?form=json").content
        apart = self.browser.get(f"/papers/{PROBE}/?form=json").content
        return ours == apart and bool(ours) and replica.taken_counts() == {replica.READ: 1}

    def in_transaction(self) -> dict[str, object]:
        """What a transaction has written is seen in it."""
        from django.db import transaction

        with transaction.atomic():
            return {"written": str(_one_more_building()), **self.ask(PROBE)}

    def cancelled(self) -> dict[str, object]:
        """Recovery needs what a report reads: rows that it still sees are cleaned away."""

        def clean_away() -> None:
            self.while_slow = lambda: None
            self.pair.primary.say("UPDATE campus_building SET name = name", "central")
            self.pair.primary.say("VACUUM campus_building", "central")
            until = self.pair.primary.say("SELECT pg_current_wal_flush_lsn()")[0][0]
            while not self.pair.replica.say(f"SELECT pg_last_wal_replay_lsn() >= '{until}'")[0][0]:
                pass

        self.while_slow = clean_away
        return self.ask(SLOW)

    def health(self) -> dict[str, object]:
        """What the health page, the metrics and `doctor` say now."""
        from django.utils import translation

        from central import clock
        from central.domain.health_facts import Part
        from central.domain.health_judgement import judge
        from central.reports.health.gathering import gather, limits
        from central.reports.health.metrics import exposition
        from central.reports.health.page import part_lines
        from central.reports.health.words import in_words

        now_ms = clock.now_ms()
        facts = gather(now_ms)
        found = judge(facts, limits(now_ms))
        with translation.override("en"):
            lines = {line.code: line.figures for line in part_lines(found, facts, now_ms)}
            words = [in_words(one) for one in found if one.code.startswith("replica-")]
        return {
            "codes": sorted(f"{one.code} {one.subject}" for one in found if one.part is Part.DATABASES),
            "words": words,
            "figures": dict(lines["databases"]),
            "metrics": [
                line
                for line in exposition(now_ms).decode().splitlines()
                if line.startswith("cardroom_replica_")
            ],
        }

    def away(self) -> dict[str, object]:
        from central.config.web_pulse import Counted

        self.pair.replica.stop_at_once()
        asked = [self.ask(PROBE), self.ask(PROBE)]
        from central import replica

        replica.put_back({"away": 1})
        Counted(lambda *_: []).write()
        return {"asked": asked, "left": dict(replica.taken_counts()), "health": self.health()}

    def promoted(self) -> dict[str, object]:
        from central import replica

        self.pair.replica.start()
        replica._left_alone_until.clear()
        back = self.ask(PROBE)
        self.pair.replica.promote()
        return {"back": back, "asked": self.ask(PROBE), "health": self.health()}


def _make_tables() -> None:
    """Make every table as it is now; triggers, roles and the history of migrations are other tests' matter."""
    from django.apps import apps
    from django.db import connections, router

    for alias in ("default", "telemetry"):
        with connections[alias].schema_editor() as editor:
            for model in apps.get_models():
                if model._meta.managed and router.allow_migrate_model(alias, model):
                    editor.create_model(model)


def _one_more_building() -> int:
    from central.campus.models import Building

    count = Building.objects.count() + 1
    Building.objects.create(code=f"B{count}", name=f"building {count}")
    return count


def _add_reports(life: _Life) -> None:
    from central.campus.models import Building
    from central.domain.paper import Paper
    from central.domain.periods import PeriodKind
    from central.papers.catalogue import Report, add_reports

    def probe(period) -> Paper:
        return _paper(Building.objects.count())

    def slow(period) -> Paper:
        before = Building.objects.count()
        life.while_slow()
        return _paper(before if Building.objects.count() == before else -1)

    def locks(period) -> Paper:
        from django.db import transaction

        with transaction.atomic():
            return _paper(len(Building.objects.select_for_update()))

    add_reports(
        Report(code, code, code, (PeriodKind.DAY,), ("finance",), build)
        for code, build in ((PROBE, probe), (SLOW, slow), (LOCKS, locks))
    )


def _paper(buildings: int):
    from central.domain.paper import Paper

    return Paper(PROBE, "", f"buildings:{buildings}.", "a day", 0, 0, [])


@contextmanager
def _without_replica():
    from django.conf import settings

    kept, settings.REPLICAS = settings.REPLICAS, {}
    try:
        yield
    finally:
        settings.REPLICAS = kept


if __name__ == "__main__":
    main()
