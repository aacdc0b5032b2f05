"""What a payment is held to at an instant: its class's minimum and ceiling, the season's, the time of the second question."""

from dataclasses import dataclass

from central.campus.models import CustomerClass
from central.clock import local
from central.domain.known_settings import in_season
from central.domain.selling import AmountRefusal, check_amount
from central.office.dated_settings import Where, list_at, number_at

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most of one payment, in fen."""

    minimum_fen: int
    ceiling_fen: int

    def broken_by(self, amount_fen: int) -> tuple[AmountRefusal, int | None] | None:
        """Say which limit an amount breaks, and the limit itself; None when it may be paid."""
        refusal = check_amount(amount_fen, self.minimum_fen, self.ceiling_fen)
        if refusal is None:
            return None
        limits = {
            AmountRefusal.BELOW_MINIMUM: self.minimum_fen,
            AmountRefusal.ABOVE_CEILING: self.ceiling_fen,
        }
        return refusal, limits.get(refusal)


def limits_at(customer_class: CustomerClass, now_ms: int) -> Limits:
    """Give a class's limits at an instant; in a season with a minimum of its own (R-4.1.1b) the greater one holds."""
    seasons = list_at("sale.seasonal-minimum", now_ms, Where(customer_class=customer_class.code))
    seasonal = in_season(seasons, f"{local(now_ms):%m-%d}") or 0
    return Limits(max(customer_class.minimum_fen, seasonal), customer_class.ceiling_fen)


def asked_again_within_ms(now_ms: int) -> int:
    """Give the time within which a second payment of the same sum is questioned (R-4.1.4)."""
    return number_at("desk.ask-again-within", now_ms) * MINUTE_MS
