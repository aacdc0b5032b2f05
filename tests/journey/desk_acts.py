"""A second cashier who is killed at any moment: charges and electricity, by cash, card and transfer, shift after shift; in the
evening everything is counted, the day closed, handed in and received.

Run beside the web server by the supervisor: `python -m tests.journey.desk_acts FOLDER`. What is asked for is written down before it
is done and again when it is: who was killed in between presses the same again. What operations come later is added to `_sell`.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

RELIEF, DRAWER = "relief", "2"
SALES_IN_A_SHIFT = 8
PAUSE_S = (0.05, 0.4)
CORRECTED = 0.25
"""Of the sales: the items of the last one were others (R-4.1.5)."""


class Notes:
    """What was asked and what was confirmed, on disk before anything else happens."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "desk-acts.jsonl"
        self.stop, self.done = folder / "desk-stop", folder / "desk-done"

    def write(self, **words: object) -> None:
        """Add a line that a kill -9 leaves whole or torn at its end."""
        with self.path.open("a") as file:
            file.write("\n" + json.dumps(words))
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[dict]:
        """Read all whole lines."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text().splitlines():
            try:
                found.append(json.loads(line or "{}"))
            except ValueError:
                continue  # torn by a kill
        return found

    def asked(self) -> dict[str, dict]:
        """Give the sales that were asked for, by their id."""
        return {line["ask"]: line for line in self.lines() if "ask" in line}

    def confirmed(self) -> dict[str, int]:
        """Give the payments that the desk confirmed, with their fen."""
        return {payment: fen for line in self.lines() for payment, fen in line.get("paid", {}).items()}

    def open_sales(self) -> list[dict]:
        """Give what was asked for and never confirmed."""
        done = {line["done"] for line in self.lines() if "done" in line}
        return [line for sale, line in self.asked().items() if sale not in done]


class Relief:
    """The second cashier."""

    def __init__(self, notes: Notes) -> None:
        from central.campus.models import Account
        from central.office.models import User
        from central.office.roles import Role

        self.notes = notes
        self.person, _made = User.objects.get_or_create(username=RELIEF, defaults={"role": Role.CASHIER})
        self.accounts = list(Account.objects.order_by("code").values_list("code", flat=True))
        self.dice = random.Random(time.time_ns())

    def live(self) -> None:
        """Work until the evening, then close, then wait for the end."""
        self._furnish()
        for line in self.notes.open_sales():
            self._press(line)
        while not self.notes.stop.exists():
            self._sell()
            if self.dice.random() < CORRECTED:
                self._correct()
            time.sleep(self.dice.uniform(*PAUSE_S))
        self._evening()
        self.notes.done.touch()
        while True:
            time.sleep(60)

    def _furnish(self) -> None:
        from central import clock
        from central.domain.known_settings import Place
        from central.domain.repair_list import Item, ItemKind, ItemUnit
        from central.office.repair_lists import publish_at_console, repair_list_at
        from central.office.setting_changes import Change, set_at_console

        now_ms = clock.now_ms()
        published = repair_list_at(now_ms)
        if published is None or "lock" not in {item.code for item in published.items}:
            items = [
                Item("lock", ItemKind.REPAIR, "换锁", "New lock", ItemUnit.EACH, 3_500),
                Item("card", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 1_500),
            ]
            publish_at_console(items, now_ms, why="a journey", now_ms=now_ms)
            drawers = Change("desk.drawers", Place.CAMPUS, "", ["main", DRAWER], now_ms)
            set_at_console(drawers, why="a journey", now_ms=now_ms)

    def _shift(self):
        from central import clock
        from central.desk.shifts import Counted, end_shift, open_shift, open_shift_of

        shift = open_shift_of(self.person)
        if shift is not None and shift.payments.count() >= SALES_IN_A_SHIFT:
            left = self.dice.randrange(0, 2_000)
            expected = _expected(shift)
            end_shift(shift.pk, Counted(expected), min(left, expected), self.person, now_ms=clock.now_ms())
            shift = None
        if shift is None:
            counted = Counted(_left(DRAWER))
            shift = open_shift(DRAWER, counted, self.person, reason="next", now_ms=clock.now_ms())
        return shift

    def _sell(self) -> None:
        self._shift()
        sale = f"relief-{time.time_ns()}"
        method = self.dice.choice(["cash", "card", "transfer"])
        line = {
            "ask": sale,
            "account": self.dice.choice(self.accounts),
            "energy": self.dice.choice([0, 0, 0, 100]),
            "items": self.dice.choice([["lock"], ["card"], ["lock", "card"]]),
            "method": method,
        }
        self.notes.write(**line)
        self._press(line)

    def _correct(self) -> None:
        """Find that the last charges should have been one lock and one card."""
        sold = [line for line in self.notes.lines() if line.get("charges")]
        if sold:
            line = {
                "ask": f"relief-c-{time.time_ns()}",
                "correct": sold[-1]["charges"],
                "of": sold[-1]["done"],
            }
            self.notes.write(**line)
            self._press(line)

    def _press_correction(self, line: dict) -> None:
        from central import clock
        from central.desk.charges import Wanted
        from central.desk.corrections.operations import Corrected, Right, correct

        self._shift()
        account = self.notes.asked()[line["of"]]["account"]
        right = Right(account, items=(Wanted("lock"), Wanted("card")))
        done = correct(line["ask"], line["correct"], right, "others", self.person, now_ms=clock.now_ms())
        new = done.correction.void.replaced_by if isinstance(done, Corrected) else None
        paid = {new.payment_id: new.amount_fen} if new else {}
        self.notes.write(done=line["ask"], paid=paid, said="" if paid else str(done))

    def _press(self, line: dict) -> None:
        """Press the button, or press it again: the same sale is taken once, the same receipt corrected once."""
        if "correct" in line:
            self._press_correction(line)
            return
        from central import clock
        from central.desk.charges import Wanted
        from central.desk.money_in import HowPaid
        from central.desk.sales import Basket, Sold, sell

        basket = Basket(line["energy"], tuple(Wanted(code) for code in line["items"]))
        how = HowPaid(line["method"], "" if line["method"] == "cash" else line["ask"])
        self._shift()
        done = sell(line["ask"], line["account"], basket, self.person, now_ms=clock.now_ms(), how=how)
        receipts = done.receipts if isinstance(done, Sold) else ()
        paid = {one.payment_id: one.amount_fen for one in receipts}
        charges = receipts[-1].pk if receipts else 0
        self.notes.write(done=line["ask"], paid=paid, charges=charges, said="" if paid else str(done))

    def _evening(self) -> None:
        """Count every drawer, close the days, hand them in, receive them: each step as far as it was not done before a kill."""
        from central import clock
        from central.desk.day_close import close_day, open_days
        from central.desk.day_models import HandIn
        from central.desk.hand_ins import Batch, days_to_hand_in, hand_in, receive
        from central.desk.shift_models import Shift
        from central.desk.shifts import Counted, end_shift
        from central.office.models import User
        from central.office.roles import Role

        for shift in Shift.objects.filter(end=None).order_by("number"):
            counted = Counted(_expected(shift))
            end_shift(shift.pk, counted, 0, self.person, reason="evening", now_ms=clock.now_ms())
        for day in open_days():
            close_day(day, self.person, now_ms=clock.now_ms())
        waiting = days_to_hand_in()
        if waiting:
            cash = sum(day.moved_fen for day in waiting)
            hand_in(Batch([day.pk for day in waiting], cash, "slip"), self.person, now_ms=clock.now_ms())
        finance = User.objects.filter(role=Role.FINANCE).first()
        for batch in HandIn.objects.filter(end=None):
            receive(batch.pk, finance, now_ms=clock.now_ms())


def _expected(shift) -> int:
    from central.desk.shifts import drawer_tie

    return drawer_tie(shift, 0).expected_fen


def _left(name: str) -> int:
    from central.desk.shift_models import Drawer

    return Drawer.objects.filter(name=name).values_list("left_fen", flat=True).first() or 0


def main() -> None:
    """Set Django up on the folder of the environment, and live."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "central.config.settings")
    import django

    django.setup()
    Relief(Notes(Path(sys.argv[1]))).live()


if __name__ == "__main__":
    main()
