"""A room whose bill explains itself: ten days of hourly entries with real frames, booked as ingest books them."""

from django.db import transaction

from central import clock
from central.campus.models import Account
from central.domain.periods import month_period
from central.ingest.book_entries import Bookkeeper
from central.ledger.chart_of_accounts import customer, subsidy
from central.ledger.operations import Draft, book
from central.link.models import Gateway, GatewayEpoch, PeriodRegister
from central.losses.explain.gather import account_named, explain
from central.losses.explain.operations import print_bill
from gateway.contract.facts import Entry, EntryCause, EntryKind, EntryLine, Instant
from gateway.protocols.dlt645.frame import encode
from tests.browser.seed import import_lists

ACCOUNT, HOURS, PRICE = "1-901.1", 240, 558_300
ROOM = "楼栋,楼栋名称,楼层,房间,类别,表号,保电,学号,住户\n1,1号楼,9,901,dormitory,20240901,no,S901;S902,吴倩;周杰\n"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
DI_ENERGY = bytes.fromhex("00010000")[::-1]


def frame(meter: str, register_wh: int) -> str:
    """What a DL/T 645-2007 meter answers when its register is asked for."""
    register = bytes.fromhex(f"{register_wh // 10:08d}")[::-1]
    return encode(meter.zfill(12), 0x91, DI_ENERGY + register).hex()


@transaction.atomic
def bills() -> None:
    """Use energy each hour, more in the evening; the newest entry is of this hour."""
    now_ms = clock.now_ms()
    import_lists((ROOM,), now_ms - 30 * DAY_MS)
    account, gateway = Account.objects.get(code=ACCOUNT), Gateway.objects.get(pk="gw-1")
    meter = account.bindings.get().meter.meter_no
    _give(account, 90_000_000, now_ms - 20 * DAY_MS)
    epoch = GatewayEpoch.objects.create(gateway=gateway, epoch="b1", began_ms=now_ms - HOURS * HOUR_MS)
    keeper = Bookkeeper(gateway, epoch, now_ms)
    register, carried, balance = 1_234_000, 0, 90_000_000
    for number in range(HOURS):
        used = 40 + 10 * (number * 7 % 23) + 5 * (number % 4)
        due = used * PRICE + carried
        began, register, carried, balance = register, register + used, due % 1000, balance - due // 1000
        at_ms = now_ms // HOUR_MS * HOUR_MS - (HOURS - 1 - number) * HOUR_MS
        read = -(-register // 10) * 10
        entry = Entry(
            entry=f"gw-1.b1.{number + 1}", account=ACCOUNT, entry_kind=EntryKind.CONSUMPTION, cause=EntryCause.HOUR,
            at=Instant("boot", at_ms, at_ms, True), lines=[EntryLine("paid", "yuan", -(due // 1000), balance)],
            carried_nano_yuan=carried, meter=meter, energy_wh=used, register_from_wh=began, register_to_wh=register,
            from_ms=at_ms - HOUR_MS, price_micro_yuan_per_kwh=PRICE, price_version="dormitory", raw_frame=frame(meter, read),
        )  # fmt: skip
        keeper.take(number + 1, entry)
    keeper.flush()
    PeriodRegister.objects.create(
        gateway=gateway, meter=meter, period_ms=now_ms - HOUR_MS, account=ACCOUNT, register_wh=register - 20,
        uncertainty_wh=20, method="interpolated", at_ms=now_ms, from_ms=now_ms - HOUR_MS, to_ms=now_ms,
        raw_frame=frame(meter, register // 10 * 10),
    )  # fmt: skip


def _give(account: Account, amount: int, at_ms: int) -> None:
    sides = subsidy("yuan"), customer(account.code, "paid", "yuan")
    book([Draft(f"seed:{account.code}", *sides, amount, "subsidy", at_ms)], at_ms)


def printed() -> None:
    """Print the bill of this month so far."""
    now_ms = clock.now_ms()
    day, account = clock.campus_day(now_ms), account_named(ACCOUNT)
    assert account is not None
    bill = explain(account, month_period(day.year, day.month), now_ms).bill
    print_bill(bill, actor="cashier", now_ms=now_ms)
