"""Several rooms on one balance at central: merged in one building or refused by name, paid for once, and exact to the last line."""

import pytest
from django.db.models import F

from central.campus.models import Account, CustomerClass, MeteringPoint
from central.config.commands.shared_balance import ADVICE
from central.dashboard.room_detail import entries_of
from central.desk import account_sold_to
from central.desk.models import Receipt
from central.desk.operations import Paid, pay
from central.desk.refusals import DeskRefusal
from central.desk.refusals import Refused as DeskRefused
from central.desk.room_lines import room_lines
from central.desk.search import points_with_class
from central.desk.subsidies.one_account import grant_subsidy
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.configuration import build
from central.link.models import BilledRegister, Command, Delivery, Gateway, QuarantinedRow, WatermarkCheck
from central.link.operations import LinkRefusal, ask_closing
from central.link.operations import Refused as LinkRefused
from central.link.outbox import lock_gateway_or_building
from central.link.shared_balance import Refused, SharingRefusal, merge, split
from gateway.contract import facts
from gateway.contract.facts import EntryKind, RelayVerdict
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.steps import ROOM, answered, credit, last, order, up

OTHER = "1-302.1"
SHOPS = "class,name,group,unit\nshops,Shops,merchant,yuan\n"
SHOP = "building,room,class,meter,price\n1,A02,shops,m-a02,1.0000\n"
SHOP_ROOM = "1-A02.1"


def gateway_follows() -> None:
    """The gateway answered that it has what it was sent."""
    Gateway.objects.update(applied_config_version=F("config_version"))


def merged(*rooms: str, payer: str = "1-301"):
    gateway_follows()
    done = merge(payer, rooms or ("1-302",), actor="t", now_ms=NOW_MS)
    assert isinstance(done, list), done
    return done


def refused(payer: str, *rooms: str):
    before = list(Account.objects.values_list("code", "pays_from__code"))
    done = merge(payer, rooms, actor="t", now_ms=NOW_MS)
    assert isinstance(done, Refused), done
    assert list(Account.objects.values_list("code", "pays_from__code")) == before
    return done.why, done.what


def used(
    twin, account: str, used_by: str | None, meter: str, energy_wh: int, to_wh: int, price: int = 558_000
):
    """An entry that an honest gateway writes: the payer's money, the other room's meter and price."""
    entry = twin.entry(EntryKind.CONSUMPTION, account, -energy_wh * price // 1000, used_by=used_by)
    return facts.Entry(
        **{
            **{name: getattr(entry, name) for name in entry.__struct_fields__},
            "meter": meter,
            "energy_wh": energy_wh,
            "register_from_wh": to_wh - energy_wh,
            "register_to_wh": to_wh,
            "price_micro_yuan_per_kwh": price,
        }
    )


def lines_by_label():
    return {line.label: line for line in room_lines(points_with_class(), NOW_MS)}


def test_c_4_a_merged_balance_is_refused_by_name(taker, twin, cashier) -> None:
    for text in KWH_LISTS:
        import_list(text)
    import_list("building,room,class,meter,price\n1,303,dormitory,m-303,0.558\n")
    assert refused("1-301", "2-101") == (SharingRefusal.ACROSS_GATEWAYS, "2-101")
    assert refused("1-301", "1-301") == (SharingRefusal.ITSELF, "1-301")
    assert refused("1-301", "1-999") == (SharingRefusal.NO_ACCOUNT, "1-999")
    assert refused("1-301") == (SharingRefusal.NO_ROOMS, "")
    assert refused("1-301", "1-A01") == (SharingRefusal.UNIT_DIFFERS, "1-A01")
    MeteringPoint.objects.filter(code="1-303").update(billing="monthly")
    assert refused("1-301", "1-302", "1-303") == (SharingRefusal.NOT_PREPAID, "1-303")
    MeteringPoint.objects.filter(code="1-303").update(billing="prepaid")
    merged("1-302")
    assert refused("1-302", "1-303") == (SharingRefusal.PAYER_PAYS_ELSEWHERE, "1-303")
    assert refused("1-303", "1-301") == (SharingRefusal.PAYS_FOR_OTHERS, "1-301")
    assert set(ADVICE) == set(SharingRefusal)


def test_a_room_with_a_debt_or_with_credit_on_its_way_is_not_merged_yet(taker, twin, cashier) -> None:
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    assert refused("1-302", "1-301") == (SharingRefusal.CREDIT_UNDER_WAY, "1-301")
    up(taker, twin, twin.granted("p-p1", ROOM, 50_000_000))
    up(taker, twin, twin.entry(EntryKind.CONSUMPTION, ROOM, -60_000_000))
    assert refused("1-302", "1-301") == (SharingRefusal.OWES, "1-301")


def test_the_gateway_is_told_at_once_by_the_message_s_own_name(taker, twin, cashier) -> None:
    merged()
    told = {rule.account: rule.pays_from for rule in order(last("configure")).accounts}
    assert told == {ROOM: "", OTHER: ROOM}
    number = last("configure").number
    pay("p1", OTHER, 5_000, cashier, now_ms=NOW_MS)
    assert last("grant").number > number, "a payment that follows finds the same rooms on both sides"
    gateway_follows()
    assert isinstance(split(["1-302"], actor="t", now_ms=NOW_MS), list)
    gateway = Gateway.objects.select_related("building").get(pk=twin.name)
    assert {rule.pays_from for rule in build(gateway, 9).accounts} == {""}
    again = split(["1-302"], actor="t", now_ms=NOW_MS)
    assert again == Refused(SharingRefusal.NOT_SHARED, "1-302")


def test_whichever_room_is_chosen_the_payer_is_paid_once(taker, twin, cashier) -> None:
    merged()
    paid = pay("p1", OTHER, 5_000, cashier, now_ms=NOW_MS)
    assert isinstance(paid, Paid)
    again = pay("p1", OTHER, 5_000, cashier, now_ms=NOW_MS)
    assert again == Paid(paid.receipt, True)
    assert (Receipt.objects.count(), paid.receipt.room) == (1, "1-301")
    assert order(last("grant")).account == ROOM
    assert balance(chart.customer(ROOM, "paid", "yuan")) == 50_000_000
    grant_subsidy("s1", OTHER, "subsidy", 1_000_000, actor=cashier, why="allowance", now_ms=NOW_MS)
    assert order(last("grant")).account == ROOM


def test_the_books_hold_each_kwh_with_its_meter_and_the_balance_with_the_payer(taker, twin, cashier) -> None:
    import_list(SHOPS)
    import_list(SHOP)
    merged("1-302", "1-A02")
    credit(taker, twin, cashier)
    up(
        taker,
        twin,
        used(twin, ROOM, None, "m-301", 1_000, 11_000),
        used(twin, ROOM, OTHER, "m-302", 2_000, 22_000),
        used(twin, ROOM, SHOP_ROOM, "m-a02", 3_000, 33_000, price=1_000_000),
        twin.watermark(),
    )
    assert QuarantinedRow.objects.count() == 0
    left = 50_000_000 - 3_000 * 558 - 3_000_000
    assert balance(chart.customer(ROOM, "paid", "yuan")) == left
    assert balance(chart.customer(OTHER, "paid", "yuan")) == 0
    assert balance(chart.energy_revenue("dormitory", "yuan")) == 3_000 * 558, "of the class that used it"
    assert balance(chart.energy_revenue("shops", "yuan")) == 3_000_000
    assert WatermarkCheck.objects.get().differences == []
    assert {(one.meter, one.account) for one in BilledRegister.objects.all()} == {
        ("m-301", ROOM), ("m-302", OTHER), ("m-a02", SHOP_ROOM),
    }  # fmt: skip
    rooms = lines_by_label()
    assert {rooms[label].left.ledger[0].amount for label in ("1-301", "1-302", "1-A02")} == {left}
    listed = [(row.label, row.entry.energy_wh) for row in entries_of(rooms["1-301"]) if row.entry.energy_wh]
    assert sorted(listed) == [("1-301", 1_000), ("1-302", 2_000), ("1-A02", 3_000)]
    assert [row.label for row in entries_of(rooms["1-302"])] == ["1-302"]
    twin.now_ms += 60_000
    since = [facts.ReadingRow(meter, twin.now_ms, to_wh, 0, 0, True, facts.ReadingOutcome.ADVANCED)
             for meter, to_wh in (("m-301", 11_100), ("m-302", 22_000), ("m-a02", 33_500))]  # fmt: skip
    up(taker, twin, facts.Readings(since))
    now = left - 100 * 558 - 500 * 1_000
    assert {lines_by_label()[label].left.now[0].amount for label in ("1-301", "1-302", "1-A02")} == {now}


def test_every_room_knows_with_whom_it_shares(taker, twin) -> None:
    merged()
    rooms = lines_by_label()
    for label, pays_from in (("1-301", ""), ("1-302", ROOM)):
        line = rooms[label]
        assert [room.label for room in line.shares_with] == ["1-301", "1-302"]
        assert (line.pays_from, line.paid_account) == (pays_from, ROOM)
    assert rooms["2-101"].shares_with == ()
    only = room_lines(points_with_class().filter(code="1-302"), NOW_MS)[0]
    assert [room.label for room in only.shares_with] == ["1-301", "1-302"], "asked for alone, too"


def test_limits_shown_are_the_payers(taker, twin, cashier) -> None:
    import_list(SHOPS)
    import_list(SHOP)
    merged("1-A02")
    CustomerClass.objects.filter(code="dormitory").update(warn_at=[60_000_000])
    credit(taker, twin, cashier)
    assert lines_by_label()["1-A02"].is_low


def test_r_g5_a_room_of_another_building_can_t_be_named_as_the_user(taker, twin, cashier) -> None:
    credit(taker, twin, cashier)
    up(taker, twin, used(twin, ROOM, "2-101.1", "m-301", 1_000, 11_000))
    assert "2-101.1 is not one of this gateway's building" in QuarantinedRow.objects.get().reason


def test_c_8_the_payer_is_not_closed_while_others_pay_from_it(taker, twin) -> None:
    merged()
    asked = ask_closing(ROOM, actor="t", why="moves out", now_ms=NOW_MS)
    assert asked == LinkRefused(LinkRefusal.PAYS_FOR_OTHERS, OTHER)
    gateway_follows()
    split(["1-302"], actor="t", now_ms=NOW_MS)
    ask_closing(ROOM, actor="t", why="moves out", now_ms=NOW_MS)
    orders = [(c.kind, c.number) for c in Command.objects.order_by("number")]
    assert [kind for kind, _number in orders][-2:] == ["configure", "close-account"]


def test_r_4_1_3_supplied_is_when_every_relay_that_the_money_feeds_is_closed(taker, twin, cashier) -> None:
    merged()
    credit(taker, twin, cashier)
    up(taker, twin, _relay(twin, False))
    up(taker, twin, twin.relay(True, RelayVerdict.CONFIRMED, ROOM))
    assert Delivery.objects.get().supplied_ms is None
    up(taker, twin, _relay(twin, True))
    assert Delivery.objects.get().supplied_ms == NOW_MS


def _relay(twin, closed: bool) -> facts.RelayReport:
    verdict = RelayVerdict.CONFIRMED
    return facts.RelayReport(
        "m-302", closed, closed, closed, verdict, "credit-left", twin.at(), account=OTHER
    )


def test_the_commands_say_what_they_did_or_why_not(taker, twin, capsys: pytest.CaptureFixture[str]) -> None:
    from argparse import Namespace

    from central.clock import now_ms
    from central.config.commands.shared_balance import merge_balance, split_balance

    Gateway.objects.update(last_seen_ms=now_ms())
    assert merge_balance(Namespace(payer="1-301", rooms=["2-101"])) == 2
    assert "2-101: across-gateways: it is in another building" in capsys.readouterr().err
    assert merge_balance(Namespace(payer="1-301", rooms=["1-302"])) == 2
    assert "gw-1: gateway-behind: the building's gateway has not taken" in capsys.readouterr().err
    gateway_follows()
    assert merge_balance(Namespace(payer="1-301", rooms=["1-302"])) == 0
    assert "1-302 pays from 1-301 from now on" in capsys.readouterr().out
    gateway_follows()
    assert split_balance(Namespace(rooms=["1-302"])) == 0
    assert "1-302 has its own balance" in capsys.readouterr().out


def test_c_6_rooms_are_not_merged_or_split_while_the_gateway_is_not_told(taker, twin, cashier) -> None:
    """Credit carried by hand meanwhile would meet the rooms of before, and be refused on site."""
    merged()
    assert split(["1-302"], actor="t", now_ms=NOW_MS) == Refused(SharingRefusal.GATEWAY_BEHIND, twin.name)
    answered(taker, twin, last("configure"))
    Gateway.objects.update(online=False)
    assert split(["1-302"], actor="t", now_ms=NOW_MS) == Refused(SharingRefusal.GATEWAY_OFFLINE, twin.name)
    Gateway.objects.update(online=True, last_seen_ms=NOW_MS - 31 * 60_000)
    assert split(["1-302"], actor="t", now_ms=NOW_MS) == Refused(SharingRefusal.GATEWAY_OFFLINE, twin.name)
    Gateway.objects.update(last_seen_ms=NOW_MS)
    assert isinstance(split(["1-302"], actor="t", now_ms=NOW_MS), list)
    assert refused("1-301", "1-302") == (SharingRefusal.GATEWAY_BEHIND, twin.name)
    answered(taker, twin, last("configure"))
    Gateway.objects.update(online=False)
    assert refused("1-301", "1-302") == (SharingRefusal.GATEWAY_OFFLINE, twin.name)


BETWEEN = {
    "merge": lambda: merge("1-301", ["1-302"], actor="t", now_ms=NOW_MS),
    "closing": lambda: ask_closing(OTHER, actor="t", why="moved out", now_ms=NOW_MS),
}


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("act", ["pay", "subsidy"])
def test_c_4_what_is_sold_is_decided_behind_the_gateways_lock(
    taker, twin, cashier, monkeypatch, act, between
) -> None:
    """Another act commits while the sale waits for the lock: the sale finds what holds then, not what held before."""

    def lock_after(building: int):
        monkeypatch.setattr(account_sold_to, "lock_gateway_or_building", lock_gateway_or_building)
        assert not isinstance(BETWEEN[between](), Refused | LinkRefused)
        return lock_gateway_or_building(building)

    gateway_follows()
    monkeypatch.setattr(account_sold_to, "lock_gateway_or_building", lock_after)
    if act == "pay":
        sold = pay("p1", OTHER, 5_000, cashier, now_ms=NOW_MS)
    else:
        sold = grant_subsidy("s1", OTHER, "subsidy", 1_000_000, actor=cashier, why="w", now_ms=NOW_MS)
    if between == "closing":
        assert sold == DeskRefused(DeskRefusal.ACCOUNT_NOT_OPEN)
    else:
        assert order(last("grant")).account == ROOM
