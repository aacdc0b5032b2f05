"""What a sale comes to before anything is taken: its lines and sum at the prices in force, to be read back (R-4.1.4)."""

from dataclasses import dataclass

from central.campus.models import CustomerClass
from central.campus.queries import price_at
from central.desk.charges import Priced, price_lines
from central.desk.models import Receipt
from central.desk.receipts import question_before
from central.desk.refusals import DeskRefusal, Refused
from central.desk.room_lines import RoomLine
from central.desk.sales import Basket
from gateway.contract.quantities import Fen, MicroYuanPerKwh, energy_for, micro_yuan_from_fen


@dataclass(frozen=True, slots=True)
class Bill:
    """Electricity with the price it is sold at (None: none is wanted), items as they are priced, and the sum."""

    energy_fen: int
    energy_wh: int
    micro_yuan_per_kwh: int | None
    lines: tuple[Priced, ...]

    @property
    def sum_fen(self) -> int:
        """What the customer pays in all."""
        return self.energy_fen + sum(line.amount_fen for line in self.lines)

    @property
    def item_prices(self) -> str:
        """The items' prices as they are read back; compared with those in force when the money is taken."""
        return ",".join(str(line.item.price_fen) for line in self.lines)

    @property
    def receipts(self) -> int:
        """How many receipts the sale has."""
        return int(self.energy_fen > 0) + int(bool(self.lines))


def bill_for(customer_class: CustomerClass, basket: Basket, now_ms: int) -> Bill | Refused:
    """Price a basket at an instant. `customer_class` is that of the account which pays for the electricity (C-4)."""
    lines = price_lines(basket.items, now_ms) if basket.items else []
    if isinstance(lines, Refused):
        return lines
    if not basket.energy_fen:
        return Bill(0, 0, None, tuple(lines))
    price = price_at(customer_class.tariff_id, now_ms)
    if price is None or price.micro_yuan_per_kwh <= 0:
        return Refused(DeskRefusal.NO_PRICE)
    per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh)
    energy_wh = energy_for(micro_yuan_from_fen(Fen(basket.energy_fen)), per_kwh)
    return Bill(basket.energy_fen, energy_wh, per_kwh, tuple(lines))


def repeats(sale_id: str, line: RoomLine, bill: Bill, now_ms: int) -> list[Receipt]:
    """Give the receipts of the same sums for the same room within minutes: the page asks before it takes them again (R-4.1.4)."""
    charged_fen = bill.sum_fen - bill.energy_fen
    asked = [(line.paid_account, bill.energy_fen), (line.account, charged_fen)]
    found = [question_before(sale_id, account, fen, now_ms) for account, fen in asked if fen]
    return list({receipt.pk: receipt for receipt in found if receipt is not None}.values())
