"""What must be true of central's books each day and at the end, and between them and what people and gateways know themselves.

The sums are the simulation's own; central's own `verify` runs besides. Each fault begins with the number of the contract's rule.
"""

from typing import TYPE_CHECKING, Any

from gateway.application.records import OutboxMark
from tests.sim.desk import MICRO_YUAN_PER_FEN, Sale
from tests.sim.gateway_site import GatewaySite

if TYPE_CHECKING:
    from tests.sim.world import World

NEVER = {
    "balance-differs": "C-2",
    "grant-differs": "C-1",
    "grant-twice": "C-6",
    "unknown-grant": "C-1",
    "row-differs": "C-11",
    "row-quarantined": "C-11",
    "foreign-meter": "C-3",
    "rules-unusable": "C-3",
}
"""Alarms that no trouble of the simulation excuses, and the rule that was broken when one stands."""


class CentralWatch:
    """Watches central's databases, between two of its transactions."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._checked_sales = 0
        self._whole: Any = None

    def blame(self, rule: str, fault: str) -> None:
        self.world.blame(rule, f"central: {fault}")

    def begin_anew(self) -> None:
        """Central was restored: what it forgot is noted as lost."""
        from central.desk.models import Receipt

        self._whole, self._checked_sales = None, 0
        known = set(Receipt.objects.values_list("payment", flat=True))
        for sale in self.world.desk.sales.values():
            sale.lost = sale.lost or sale.payment not in known

    # --- after a kill, and daily

    def look(self) -> None:
        """Check what can be checked at any moment."""
        for site in self.world.sites:
            self._look_at_acks(site)

    def _look_at_acks(self, site: GatewaySite) -> None:
        """What a gateway holds for acknowledged is committed at central: in both databases."""
        from central.link.models import GatewayEpoch

        if not site.is_on:
            return
        held = dict(GatewayEpoch.objects.filter(gateway=site.name).values_list("epoch", "received_seq"))
        closed = set(
            GatewayEpoch.objects.filter(gateway=site.name, closed=True).values_list("epoch", flat=True)
        )
        for mark in site.store.do(lambda journal: journal.records(OutboxMark)).values():
            is_ahead = mark.epoch in held and mark.epoch not in closed and mark.acked_seq > held[mark.epoch]
            if is_ahead and site.name not in self.world.central_forgot:
                self.blame(
                    "C-11",
                    f"{site.name} has row {mark.acked_seq} of {mark.epoch} acknowledged, stored is {held[mark.epoch]}",
                )

    def look_daily(self) -> None:
        """Check the chain's new rows, receipts, what cashiers handed out, and alarms."""
        self.look()
        self._check_chain()
        self._check_receipts()
        self._check_sales()
        self._check_grants()
        self._check_alarms()

    def _check_chain(self) -> None:
        from central.domain import chain
        from central.ledger import chain_rows

        before = self._whole or chain.Whole(0, chain.GENESIS)
        found = chain.check(chain_rows.links(after=before.rows), before)
        if isinstance(found, chain.Broken):
            self.blame("R-4.2", f"the hash chain is broken at {found.table} {found.key}: {found.why}")
        else:
            self._whole = found

    def _check_receipts(self) -> None:
        from django.db.models import Count, Max

        from central.desk.models import Receipt

        found = Receipt.objects.aggregate(last=Max("number"), count=Count("number"))
        if (found["last"] or 0) != found["count"]:
            self.blame("R-4.1.3", f"{found['count']} receipts, the last is number {found['last']}")

    def _check_sales(self) -> None:
        """Each receipt that was handed out stands in the books with its money, and its credit is given once."""
        from central.desk.models import Receipt

        sales = list(self.world.desk.sales.values())
        new = [sale for sale in sales[self._checked_sales :] if not sale.lost]
        self._checked_sales = len(sales)
        papers = Receipt.objects.in_bulk([sale.payment for sale in new], field_name="payment_id")
        for sale in new:
            self._check_sale(sale, papers.get(sale.payment))

    def _check_sale(self, sale: Sale, paper: Any) -> None:
        if paper is None or (paper.number, paper.amount_fen) != (sale.receipt, sale.amount_fen):
            self.blame(
                "R-4.1.4",
                f"receipt {sale.receipt} over {sale.amount_fen} fen was handed out, the books say {paper}",
            )
        elif paper.credited != sale.amount_fen * MICRO_YUAN_PER_FEN:
            self.blame("R-4.1.4", f"receipt {sale.receipt}: {sale.amount_fen} fen bought {paper.credited}")

    def _check_grants(self) -> None:
        """What a gateway credited is what central gave, to whom and how much (C-1)."""
        from central.link.grants import delivery_named

        for watch in self.world.watches:
            unproved, watch.unproved = watch.unproved, []
            for entry in unproved:
                delivery = delivery_named(watch.site.name, entry.source or "")
                credited = sum(line.amount for line in entry.lines)
                if delivery is None:
                    if not self._is_forgotten(entry.source or ""):
                        self.blame("C-1", f"{watch.site.name} credited {entry.source}, which was never given")
                elif (delivery.grant.account.code, delivery.grant.amount) != (entry.account, credited):
                    self.blame("C-1", f"{entry.source} is {delivery.grant.amount}, credited were {credited}")

    def _check_alarms(self) -> None:
        from central.link.models import Alarm

        for alarm in Alarm.objects.filter(what__in=NEVER, cleared_ms=None):
            if not self._is_excused(alarm):
                self.blame(NEVER[alarm.what], f"alarm {alarm.what} {alarm.subject}: {alarm.detail}")

    def _is_excused(self, alarm: Any) -> bool:
        if alarm.what == "balance-differs" and alarm.subject in self.world.damaged:
            return True  # found, named and in quarantine
        return alarm.what in ("unknown-grant", "row-quarantined") and self._is_forgotten(alarm.detail)

    def _is_forgotten(self, said: str) -> bool:
        """A restored central says so of what it forgot; a code names its grant by a number, which may be any of those."""
        forgotten = self.world.forgotten
        return bool(forgotten) and ("n-" in said or any(name in said for name in forgotten))

    # --- the end

    def conclude(self) -> None:
        """Everything has come to rest: both sides say the same, nothing is under way, and central's own proof holds."""
        self.look_daily()
        self._check_nothing_waits()
        for site in self.world.sites:
            if site.is_on:
                self._compare(site)
        self._check_registers()
        self._verify()

    def _check_nothing_waits(self) -> None:
        from central.link.models import Command, Delivery, Gateway

        for gateway in Gateway.objects.select_related("building"):
            told = (gateway.published_revision, gateway.applied_config_version)
            if told[0] != gateway.building.revision:
                self.blame(
                    "C-3",
                    f"{gateway.pk} was told revision {told[0]}, its building is {gateway.building.revision}",
                )
        for delivery in Delivery.objects.filter(applied_ms=None).select_related("grant"):
            self.blame("C-5", f"grant {delivery.grant_id} never arrived {delivery.refused}")
        waiting = Command.objects.filter(state__in=["queued", "sent"]).order_by("pk").first()
        if waiting is not None:
            self.blame(
                "C-5", f"command {waiting.number} ({waiting.kind}) of {waiting.gateway_id} was never answered"
            )

    def _compare(self, site: GatewaySite) -> None:
        """The gateway's buckets, what central has of its entries, and central's ledger are one sum each (C-2)."""
        from central.ledger import chart_of_accounts as chart
        from central.ledger.queries import balances
        from central.link.models import GatewayEntry, MirrorBalance

        watch = next(one for one in self.world.watches if one.site is site)
        mirror = {
            (m.account, m.bucket, m.unit): m.amount for m in MirrorBalance.objects.filter(gateway=site.name)
        }
        for code, account in watch.accounts.items():
            if code in self.world.leaving or code in self.world.damaged:
                continue
            for (bucket, unit), amount in account.balances.items():
                side = chart.customer(code, bucket, unit)
                booked = balances([side]).get(side.code, 0)
                if not amount == mirror.get((code, bucket, unit), 0) == booked:
                    self.blame(
                        "C-2",
                        f"{code} {bucket}: gateway {amount}, its entries {mirror.get((code, bucket, unit), 0)}, ledger {booked}",
                    )
        epoch = site.store.do(lambda journal: journal.records(OutboxMark))
        newest = max(epoch.values(), key=lambda mark: mark.number).epoch
        stored = set(
            GatewayEntry.objects.filter(gateway=site.name, epoch=newest).values_list("pk", flat=True)
        )
        made = {entry for entry in watch.made if f".{newest}." in entry}
        if stored != made:
            lost, more = sorted(made - stored), sorted(stored - made)
            self.blame("C-11", f"{site.name}: entries {lost[:3]} never came, {more[:3]} are nobody's")

    def _check_registers(self) -> None:
        """Whatever was restored: what was booked follows one register after the other, to the last (C-12)."""
        from central.link.models import GatewayEntry

        last: dict[tuple[str, str], int] = {}
        billed: dict[str, int] = {}
        rows = GatewayEntry.objects.filter(kind="consumption", booked=True).order_by("received_ms", "seq")
        for entry in rows.iterator():
            key = (entry.account, entry.meter)
            if last.get(key, entry.register_from_wh) != entry.register_from_wh:
                self.blame(
                    "C-12",
                    f"{entry.entry} begins at {entry.register_from_wh} Wh, before it {last[key]} was booked",
                )
            last[key] = entry.register_to_wh or 0
            billed[entry.account] = billed.get(entry.account, 0) + entry.energy_wh
        for room in self.world.rooms:
            self.world.check_energy(room, billed.get(room.account, 0))

    def _verify(self) -> None:
        from central.desk.corrections.verification import verify_corrections
        from central.desk.departures.verification import verify_departures
        from central.desk.shift_verification import verify_shifts
        from central.desk.verification import verify_sales
        from central.ledger.verification import verify_books

        for prove in (verify_books, verify_sales, verify_shifts, verify_corrections, verify_departures):
            for check in prove():
                if check.fault:
                    self.blame("R-4.1.7", f"{check.name}: {check.fault}")
