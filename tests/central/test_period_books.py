"""Accounts' books by period (R-4.1.9): however transfers, energy, locks and settings follow each other, and however often it is
folded, the rows are those of a plain recomputation.
"""

from argparse import Namespace
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from central.campus.models import Account
from central.clock import campus_day
from central.config.commands import set_up
from central.domain.book_periods import ordinal_of
from central.domain.periods import accounting_period, month_period
from central.ledger import chart_of_accounts as chart
from central.ledger.models import AuditEntry
from central.ledger.operations import Draft, book
from central.link.models import Gateway, GatewayEntry, GatewayEpoch, TakeBackRequest
from central.office.models import DatedValue, User
from central.papers.accounting import first_days, instants_of
from central.reports.audit.details import detail_words
from central.reports.books import folding, gathering
from central.reports.books.locks import LockRefusal, lock, lock_of
from central.reports.books.models import BookRow, BookSheet, LateBooking, PeriodLock
from central.reports.books.queries import account_periods, late_rows
from central.reports.books.verification import verify_period_books
from central.reports.meetings.figures import use_of
from tests.central.conftest import NOW_MS

DAY_MS = 86_400_000
FIRST, LAST = 2026 * 12 + 3, 2026 * 12 + 13
ACCOUNTS = {"1-301.1": "1", "1-302.1": "1", "2-101.1": "2", "9-1.1": ""}
"""The last one no building has."""
CASH, SOLD = chart.cash(), chart.energy_revenue("dormitory", "yuan")


def paid(code: str) -> chart.Side:
    return chart.customer(code, "paid", "yuan")


MOVES = {
    "payment": ("takings", 1, lambda a: (CASH, paid(a))),
    "void": ("takings", -1, lambda a: (chart.reclaim(a, "yuan"), CASH)),
    "debt-paid": ("takings", 1, lambda a: (CASH, chart.owed(a, "yuan"))),
    "subsidy": ("subsidies", 1, lambda a: (chart.subsidy("yuan"), chart.customer(a, "aid", "yuan"))),
    "consumption": ("consumption", 1, lambda a: (paid(a), SOLD)),
    "taken-back": ("", 0, lambda a: (paid(a), chart.taken_back(a, "yuan"))),
    "offset": ("", 0, lambda a: (chart.taken_back(a, "yuan"), chart.owed(a, "yuan"))),
    "arrears": ("", 0, lambda a: (chart.owed(a, "yuan"), paid(a))),
    "pay-out": ("refunds", 1, lambda a: (chart.taken_back(a, "yuan"), chart.paid_by_finance())),
    "expired": ("other", -1, lambda a: (chart.customer(a, "aid", "yuan"), chart.lapsed("yuan"))),
    "opening": ("other", 1, lambda a: (chart.opening("yuan"), paid(a))),
    "hand-in": (None, 0, lambda a: (chart.handed_in(), chart.safe())),
}
"""By kind: where it counts, with which sign, between which sides."""
ENERGY = "energy"
steps = st.one_of(
    st.tuples(
        st.just("move"),
        st.sampled_from(sorted(MOVES)),
        st.sampled_from(sorted(ACCOUNTS)),
        st.integers(1, 90),
        st.integers(0, 200),
    ),
    st.tuples(
        st.just("use"),
        st.sampled_from(["1-301.1", "1-302.1"]),
        st.integers(1, 90),
        st.integers(0, 200),
        st.booleans(),
    ),
    st.tuples(st.just("lock"), st.sampled_from(["1", "2"]), st.integers(0, 6)),
    st.tuples(st.just("fold"), st.sampled_from([1, 2, 7])),
    st.tuples(st.just("first day"), st.sampled_from([1, 10, 26, 28])),
)


@dataclass
class Told:
    """What was done, in order, as the recomputation needs it."""

    events: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    """Account, where it counts, by how much with its sign, at what instant, after how many locks."""
    locks: list[PeriodLock] = field(default_factory=list)
    ids: int = 0
    own_fold: folding.Fold = field(default_factory=folding.Fold)

    def do(self, step: tuple) -> None:
        name, *given = step
        getattr(self, name.replace(" ", "_"))(*given)

    def move(self, kind: str, account: str, amount: int, days: float) -> None:
        self.ids += 1
        part, sign, sides = MOVES[kind]
        at_ms = NOW_MS - round(days * DAY_MS)
        with transaction.atomic():
            book([Draft(f"t{self.ids}", *sides(account), amount, kind, at_ms)], NOW_MS)
        if part is not None:
            self.events.append((account, part, sign * amount, at_ms, len(self.locks)))

    def use(self, account: str, energy_wh: int, days: float, costs: bool) -> None:
        """A gateway's entry, with its transfer where the energy costs something; of energy that 1-302 pays for 1-301, too."""
        if costs:
            self.move("consumption", "1-302.1", energy_wh, days)
        self.ids += 1
        at_ms = NOW_MS - round(days * DAY_MS)
        epoch, _made = GatewayEpoch.objects.get_or_create(
            gateway=Gateway.objects.get(), epoch="e1", defaults={"began_ms": 1}
        )
        epoch.received_seq += 3
        epoch.save()
        lines = [["paid", "yuan", -energy_wh if costs else 0, 0]]
        GatewayEntry.objects.create(
            entry=f"g{self.ids}", gateway=epoch.gateway, epoch="e1", seq=epoch.received_seq, account="1-302.1",
            used_by=account, kind="consumption", cause="reading", at_ms=at_ms, at_trusted=True, boot="b", monotonic_ms=0,
            energy_wh=energy_wh, carried_nano_yuan=0, lines=lines, booked=True, received_ms=NOW_MS,
        )  # fmt: skip
        self.events.append((account, ENERGY, energy_wh, at_ms, len(self.locks)))

    def lock(self, building: str, month: int) -> None:
        year, ended = divmod(2026 * 12 + 4 + month, 12)
        found = lock(building, accounting_period(year, ended + 1, first_days), actor="anna", now_ms=NOW_MS)
        if isinstance(found, PeriodLock):
            self.locks.append(found)

    def fold(self, most: int) -> None:
        before = folding.current_state()
        if self.own_fold.some(most) != 0:
            stale = gathering.gather(
                before, gathering.Whose(), folding.Edges(folding.accounting_begins), most
            )
            assert not folding.Fold().write(before, stale, ""), "the same rows folded twice"

    def first_day(self, day: int) -> None:
        DatedValue.objects.create(
            code="period.first-day", place="campus", value=day, from_ms=1, made_by="console", made_ms=1
        )

    def rows(self, of_accounting: bool) -> dict[tuple[str, int], dict[str, int]]:
        """Add everything up, event by event."""
        found: dict[tuple[str, int], dict[str, int]] = {}
        edges = {number: begins(number) for number in range(FIRST, LAST + 1)} if of_accounting else {}
        for account, part, amount, at_ms, locks_before in self.events:
            ordinal = (
                self.counts_in(account, at_ms, locks_before, edges) if of_accounting else month_of(at_ms)
            )
            sums = found.setdefault((account, ordinal), {})
            sums[part] = sums.get(part, 0) + amount
        return found

    def counts_in(self, account: str, at_ms: int, locks_before: int, edges: dict[int, int]) -> int:
        own = [one for one in self.locks if one.building == ACCOUNTS[account]]
        before = [one for one in self.locks[:locks_before] if one.building == ACCOUNTS[account]]
        if before and at_ms < max(one.until_ms for one in before):
            return max(one.ordinal for one in before) + 1
        for one in own:
            if one.from_ms <= at_ms < one.until_ms:
                return one.ordinal
        found = max(number for number, from_ms in edges.items() if from_ms <= at_ms)
        if own and at_ms >= own[-1].until_ms:
            return max(found, own[-1].ordinal + 1)
        return min(found, own[0].ordinal - 1) if own else found


def begins(ordinal: int) -> int:
    return instants_of(accounting_period(ordinal // 12, ordinal % 12 + 1, first_days))[0]


def month_of(at_ms: int) -> int:
    day = campus_day(at_ms)
    return day.year * 12 + day.month - 1


def expected(rows: dict[tuple[str, int], dict[str, int]], ordinal: int) -> list[tuple[object, ...]]:
    """Give a period's rows: account, opening, the five parts, closing, energy."""
    lines = []
    for account in sorted(ACCOUNTS):
        opening = sum(grown(sums) for (code, n), sums in rows.items() if code == account and n < ordinal)
        sums = rows.get((account, ordinal), {})
        parts = [sums.get(part, 0) for part in ("takings", "subsidies", "refunds", "consumption", "other")]
        line = (opening, *parts, opening + grown(sums), sums.get(ENERGY, 0))
        if any(line):
            lines.append((account, *line))
    return lines


def grown(sums: dict[str, int]) -> int:
    out = sums.get("refunds", 0) + sums.get("consumption", 0)
    return sums.get("takings", 0) + sums.get("subsidies", 0) + sums.get("other", 0) - out


@settings(
    phases=[Phase.generate],
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(done=st.lists(steps, min_size=4, max_size=40))
def test_the_fold_is_a_plain_recomputation(campus, twin, done):
    told = Told()
    with transaction.atomic():
        for step in done:
            told.do(step)
        plain_rows = {"month": told.rows(of_accounting=False), "period": told.rows(of_accounting=True)}
        for number in range(FIRST, LAST):
            year, month = number // 12, number % 12 + 1
            for period in (month_period(year, month), accounting_period(year, month, first_days)):
                found = account_periods(period)
                plain = [
                    (row.account, *row[2:8], row.closing, row.energy_wh) for row in found if any([*row[2:10]])
                ]
                assert plain == expected(plain_rows[period.kind], ordinal_of(period)), period.name
                assert all(
                    r.closing == r.opening + r.takings + r.subsidies - r.refunds - r.consumption + r.other
                    for r in found
                )
        transaction.set_rollback(True)


def test_what_comes_after_a_lock_counts_later_with_both_dates_and_the_locked_closing_stands(campus, twin):
    told = Told()
    october, november = (accounting_period(2026, month, first_days) for month in (10, 11))
    told.move("payment", "1-301.1", 50, 60)
    told.move("payment", "2-101.1", 50, 60)
    assert lock("1", november, actor="anna", now_ms=NOW_MS) is LockRefusal.NOT_OVER
    assert lock("1", october, actor="anna", now_ms=NOW_MS) is LockRefusal.EARLIER_OPEN
    september = accounting_period(2026, 9, first_days)
    for period in (september, october):
        made = lock("1", period, actor="anna", now_ms=NOW_MS)
        assert lock_of("1", period.name) == made
        assert lock("1", period, actor="anna", now_ms=NOW_MS) is LockRefusal.ALREADY
    entry = AuditEntry.objects.get(subject="1", action="lock-period", position=made.position + 1)
    with translation.override("zh-hans"):
        assert detail_words(entry.action, entry.detail).startswith("结算期 2026-10")
    before = account_periods(september, "1")
    for account in ("1-301.1", "2-101.1"):
        told.move("consumption", account, 20, 61)
    told.use("1-302.1", 7, 61, costs=False)
    assert account_periods(september, "1") == before
    assert [(row.account, row.consumption, row.closing) for row in account_periods(september, "2")] == [
        ("2-101.1", 20, 30)
    ]
    found = [
        (row.account, row.opening, row.consumption, row.closing, row.energy_wh)
        for row in account_periods(november)
    ]
    assert found == [("1-301.1", 50, 20, 30, 0), ("1-302.1", 0, 0, 0, 7), ("2-101.1", 30, 0, 30, 0)]
    late = [(row.transfer, row.account, row.what, row.amount, row.belongs_to) for row in late_rows(november)]
    assert late == [
        ("t3", "1-301.1", "consumption", -20, september.name),
        ("g5", "1-302.1", "energy", 7, september.name),
    ]
    assert [row.booked_ms - row.at_ms for row in late_rows(november, "1")] == [61 * DAY_MS] * 2
    assert late_rows(november, "2") == late_rows(month_period(2026, 11)) == []
    assert account_periods(month_period(2026, 9))[0].consumption == 20, "calendar months are never locked"


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (
            lambda rows: rows.filter(kind="month", account="2-101.1").update(takings=1),
            "2-101.1 yuan month:2026-09",
        ),
        (
            lambda rows: rows.filter(kind="period", account="1-301.1").delete(),
            "1-301.1 yuan period:2026-09: kept None",
        ),
        (lambda rows: rows.filter(account="9-1.1").update(until=7), "lasts until 7"),
        (
            lambda rows: BookSheet.objects.filter(building="2").update(content=b"\x90"),
            "the sheet of building 2",
        ),
        (lambda rows: LateBooking.objects.all().delete(), "t4 of 1-301.1: told late nowhere"),
        (
            lambda rows: PeriodLock.objects.create(
                building="7",
                period="period:2026-09",
                ordinal=1,
                from_ms=1,
                until_ms=2,
                position=9,
                locked_ms=3,
                by="x",
            ),
            "the audit chain doesn't know its lock",
        ),
    ],
)
def test_the_first_row_that_differs_from_the_ledger_is_named(campus, twin, harm, named):
    told = Told()
    assert verify_period_books().holds
    for account in ("1-301.1", "2-101.1", "9-1.1"):
        told.move("payment", account, 50, 60)
    assert isinstance(
        lock("1", accounting_period(2026, 9, first_days), actor="anna", now_ms=NOW_MS), PeriodLock
    )
    told.move("payment", "1-301.1", 9, 60)
    folding.catch_up()
    told.move("payment", "1-301.1", 9, 1)
    found = verify_period_books()
    assert found.holds, found.fault
    assert "1 accounts of no building" in found.seen
    assert len(account_periods(month_period(2026, 9))) == 3
    assert verify_period_books().holds
    harm(BookRow.objects)
    assert named in verify_period_books().fault


def test_a_subsidy_taken_back_from_a_bucket_that_is_never_paid_out_lowers_subsidies(campus, twin):
    account = Account.objects.get(code="1-301.1")
    asked = TakeBackRequest.objects.create(
        request_id="r1", account=account, bucket="aid", unit="yuan", asked=30, asked_ms=NOW_MS, why="w"
    )
    aid, lapsed, given = chart.customer("1-301.1", "aid", "yuan"), chart.lapsed("yuan"), chart.subsidy("yuan")
    with transaction.atomic():
        book([Draft("s1", given, aid, 40, "subsidy", NOW_MS)], NOW_MS)
        book([Draft("s2", aid, lapsed, 30, "taken-back", NOW_MS)], NOW_MS)
        book([Draft("s3", lapsed, given, 30, "subsidy-back", NOW_MS, asked.pk)], NOW_MS)
    (row,) = account_periods(month_period(2026, 11))
    assert (row.subsidies, row.other, row.closing, row.credit) == (10, 0, 10, 10)
    assert verify_period_books().holds


def test_what_is_owed_or_waits_to_be_paid_out_is_no_credit(campus, twin):
    told = Told()
    for kind, amount in (("payment", 50), ("void", 50), ("taken-back", 20), ("pay-out", 5)):
        told.move(kind, "1-301.1", amount, 1)
    (row,) = account_periods(month_period(2026, 11))
    assert (row.takings, row.refunds, row.closing, row.outside, row.credit) == (0, 5, -5, -35, 30)


def test_use_up_to_a_period_s_end_is_that_period_s_as_in_a_bill(campus, twin):
    """A gateway settles at the very end; money that comes at that instant is the next period's."""
    october, november = (accounting_period(2026, month, first_days) for month in (10, 11))
    days = (NOW_MS - instants_of(november)[0]) / DAY_MS
    told = Told()
    told.use("1-302.1", 40, days, costs=True)
    told.move("payment", "1-302.1", 90, days)
    figures = [
        [(row.consumption, row.energy_wh, row.takings) for row in account_periods(period, "1")]
        for period in (october, november)
    ]
    assert figures == [[(40, 40, 0)], [(0, 0, 90)]]
    assert use_of(*instants_of(october)).by_building == {"1": 40}
    told.first_day(25)
    told.first_day(26)
    assert account_periods(october, "1")[0].energy_wh == 40
    found = verify_period_books()
    assert found.holds, found.fault
    assert isinstance(lock("1", october, actor="anna", now_ms=NOW_MS), PeriodLock)
    told.use("1-302.1", 5, days, costs=True)
    assert account_periods(october, "1")[0].energy_wh == 40
    assert [(row.what, row.amount, row.at_ms) for row in late_rows(november)] == [
        ("consumption", -5, instants_of(november)[0])
    ]
    assert verify_period_books().holds


def test_what_was_gathered_before_a_lock_is_not_written_after_it(campus, twin):
    """Energy comes while another process locks: it is gathered once more, and counts later."""
    told = Told()
    october = accounting_period(2026, 10, first_days)
    told.use("1-302.1", 40, 60, costs=False)
    assert isinstance(
        lock("1", accounting_period(2026, 9, first_days), actor="anna", now_ms=NOW_MS), PeriodLock
    )
    told.use("1-302.1", 7, 40, costs=False)
    state = folding.current_state()
    stale = gathering.gather(state, gathering.Whose(), folding.Edges(folding.accounting_begins))
    entry = GatewayEntry.objects.get(energy_wh=7)
    GatewayEpoch.objects.update(
        received_seq=entry.seq - 3
    )  # as the locking process sees it: not committed yet
    assert isinstance(lock("1", october, actor="anna", now_ms=NOW_MS), PeriodLock)
    GatewayEpoch.objects.update(received_seq=entry.seq)
    assert not folding.Fold().write(state, stale, folding.settings_mark())
    assert [(row.what, row.amount) for row in late_rows(accounting_period(2026, 11, first_days))] == [
        ("energy", 7)
    ]
    assert verify_period_books().holds


def test_after_an_upgrade_the_books_are_there_before_anybody_reads(
    campus: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A campus with years of rows: no reader's page adds them up."""
    drafts = [
        Draft(f"old-{n}", CASH, paid("1-301.1"), 5_000_000, "payment", NOW_MS - n * DAY_MS) for n in range(3)
    ]
    with transaction.atomic():
        book(drafts, NOW_MS)
    assert not BookRow.objects.exists()
    monkeypatch.setattr(set_up.data_folder, "make_keys", lambda: None)
    monkeypatch.setattr(set_up, "migrate", lambda: None)
    User.objects.create_user("admin", role=User.Role.ADMIN)
    assert set_up.init(Namespace()) == 0
    assert "3 rows added up" in capsys.readouterr().out
    assert BookRow.objects.exists()
