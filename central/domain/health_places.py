"""What is wrong with databases, disks, certificates and keys. Pure."""

from collections.abc import Iterable, Iterator

from central.domain.health_facts import Facts, Finding, Level, Limits, Part, Replica, Store

DAY_MS = 86_400_000
REPLICA_BEHIND_MS = 5 * 60_000
"""A report passes over a replica that is behind by a second; a person must look when it stays so."""
REPLICA_BEHIND_BYTES = 65_536
"""In a quiet night a few bytes that hold no commit may be under way, and the last commit is hours old."""
BAD_DAYS = 7
"""So near its end a certificate or a disk is no matter of next week."""


def judge_databases(facts: Facts, limits: Limits) -> Iterator[Finding]:
    """Judge whether commits come through, how long each database can grow, and whether what makes room for it is held up."""
    if facts.waiting_commits:
        yield Finding(Part.DATABASES, Level.BAD, "commits-wait", "", {"commits": facts.waiting_commits})
    waits = facts.archive_waits
    if waits is not None:
        params: dict[str, int | str] = {"month": waits.month, "why_word": waits.why, "names": waits.names}
        yield Finding(Part.DATABASES, Level.LOOK, "archive-waits", "", params)
    for store in facts.databases:
        left = store.days_left
        if left is not None and left < limits.full_within_days:
            level = Level.BAD if left < BAD_DAYS else Level.LOOK
            yield Finding(
                Part.DATABASES, level, "database-fills", store.name, {"place": store.name, "days": left}
            )


def judge_replicas(replicas: Iterable[Replica]) -> Iterator[Finding]:
    """Judge whether there is a second copy of the books, and whether it keeps up."""
    for one in replicas:
        if one.hindrance == "no-replica":
            yield Finding(Part.DATABASES, Level.BAD, "replica-takes-writes", one.name, {"name": one.name})
        elif one.hindrance == "other-books":
            yield Finding(Part.DATABASES, Level.BAD, "replica-of-others", one.name, {"name": one.name})
        elif one.hindrance:
            yield Finding(Part.DATABASES, Level.BAD, "replica-away", one.name, {"name": one.name})
        elif (one.behind_ms or 0) > REPLICA_BEHIND_MS and (one.behind_bytes or 0) > REPLICA_BEHIND_BYTES:
            params: dict[str, int | str] = {"name": one.name, "minutes": (one.behind_ms or 0) // 60_000}
            yield Finding(Part.DATABASES, Level.LOOK, "replica-behind", one.name, params)


def judge_disks(stores: Iterable[Store], limits: Limits) -> Iterator[Finding]:
    """Judge how much is free."""
    for store in stores:
        percent = store.free_percent
        if percent is not None and percent < limits.disk_free_percent:
            yield Finding(
                Part.DISK, Level.BAD, "disk-full", store.name, {"place": store.name, "percent": percent}
            )


def judge_certificates(facts: Facts, limits: Limits) -> Iterator[Finding]:
    """Judge what ends soon; who is told of gateways' and the broker's is told by the look that renews them."""
    if not facts.has_authority:
        yield Finding(Part.CERTIFICATES, Level.LOOK, "authority-missing")
    for one in facts.certificates:
        days = max(0, one.ends_in_ms // DAY_MS)
        if days < limits.certificate_days:
            level = Level.BAD if days < BAD_DAYS else Level.LOOK
            elsewhere = one.whose != "authority"
            params: dict[str, int | str] = {"whose": one.whose, "days": days}
            yield Finding(Part.CERTIFICATES, level, "certificate-ends", one.whose, params, elsewhere)
    if facts.keys_not_believed:
        names = ", ".join(facts.keys_not_believed[:5])
        params = {"gateways": len(facts.keys_not_believed), "names": names}
        yield Finding(Part.CERTIFICATES, Level.LOOK, "key-not-believed", "", params)
