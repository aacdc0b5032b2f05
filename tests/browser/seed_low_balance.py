"""Low balances as a day leaves them: a list of each building, one by a person, a private wish, a look at the buildings' check."""

from datetime import timedelta
from uuid import UUID

from central import clock
from central.campus.models import Account, Building, Meter
from central.desk.room_notices.models import RoomNotice
from central.desk.room_notices.operations import ask
from central.domain.notice import Kind
from central.link.telemetry.models import HourlyUse
from central.office.channels import Asked, AskedServer, save_channel, set_mail_server
from central.office.models import Channel, User
from central.reports.low_balance.day_use import building_days
from central.reports.low_balance.lists import make_list
from central.reports.low_balance.looks import looked

HOUR_MS, DAY_MS, WEEK_MS = 3_600_000, 86_400_000, 7 * 86_400_000


def low_balances() -> None:
    """Make all of it. The first list is building 1's; room 1-102 waits for its code."""
    now_ms = clock.now_ms()
    cashier = User.objects.get(username="cashier")
    if not Channel.objects.filter(group="building-1").exists():
        by_hand = Asked("1 号楼 QQ 群", Kind.BY_HAND, "", "building-1", "zh-hans")
        assert isinstance(save_channel(by_hand, None, actor="seed", now_ms=now_ms), Channel)
    day = clock.campus_day(now_ms)
    for building in Building.objects.order_by("code"):
        make_list(building, f"day:{day} {building.code}", now_ms=now_ms)
    first = Building.objects.order_by("code").first()
    assert first is not None
    make_list(first, f"hand:{UUID(int=1).hex}", now_ms=now_ms + 1, by=cashier, tell=False)
    server = AskedServer("127.0.0.1", 25, "insecure", "", None, "desk@college.example")
    set_mail_server(server, actor="seed", now_ms=now_ms)
    account = Account.objects.get(code="1-102.1")
    asked = ask(account, "zhang.san@college.example", None, "zh-hans", actor="cashier", now_ms=now_ms)
    assert isinstance(asked, RoomNotice), asked
    weeks_before()
    yesterday = day - timedelta(days=1)
    days = building_days(yesterday, Building.objects.order_by("code"), now_ms)
    looked(yesterday, days, "3 号楼网关失联，已告知技师", "f" * 32, actor=cashier, now_ms=now_ms)


def weeks_before() -> None:
    """Give the first two buildings whole days to be compared: the first used what it does, the second twice as much."""
    ends_ms = clock.start_of_day_ms(clock.campus_day(clock.now_ms()))
    meters = Meter.objects.filter(building__code__in=("1", "2")).values_list("meter_no", "building__code")
    known = set(HourlyUse.objects.values_list("meter", "hour_ms"))
    HourlyUse.objects.bulk_create(
        HourlyUse(meter=meter, hour_ms=hour_ms, energy_wh=180 if code == "2" and not back else 90)
        for meter, code in meters
        for back in range(4)
        for hour_ms in range(ends_ms - back * WEEK_MS - DAY_MS, ends_ms - back * WEEK_MS, HOUR_MS)
        if (meter, hour_ms) not in known
    )
