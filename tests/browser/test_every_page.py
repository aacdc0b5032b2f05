"""Every page, in both languages and schemes, at the desk and on a phone: nothing sticks out, nobody is shut out.

Each page is loaded once per language and looked at in every way: both sizes, both schemes, its weight.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import numpy
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from central import clock
from central.domain.periods import accounting_period_of, week_of
from central.losses.readings.sheets import month_of
from tests.browser.conftest import DESK, PHONE, Site, Visitor, Visits
from tests.browser.own_site import seed_whole, serving, site_at
from tests.browser.seed import PASSWORD
from tests.made_once import made_once

PAYMENT = "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11"
READ_BACK = f"/desk/rooms/2/read-back/?payment={PAYMENT}"
READ_MONTH = month_of(accounting_period_of(clock.campus_day(clock.now_ms()) - timedelta(days=15)))
THIS_WEEK = week_of(clock.campus_day(clock.now_ms())).name
CORRECT = f"/desk/receipts/2/correct/read-back/?kind=room&correction={PAYMENT}"

PAGES: dict[str, tuple[str, str]] = {
    "sign-in": ("", "/office/sign-in/"),
    "find": ("cashier", "/desk/?q=10"),
    "find nothing": ("cashier", "/desk/?q=nobody"),
    "desk room": ("cashier", "/desk/rooms/1/"),
    "read back": ("cashier", f"{READ_BACK}&amount=50"),
    "bad amount": ("cashier", f"{READ_BACK}&amount=x"),
    "desk room, filled": ("cashier", "/desk/rooms/2/?amount=100度&items=R-01&tendered=200"),
    "read back a whole sale": ("cashier", f"{READ_BACK}&amount=100度&items=R-01 2&tendered=200"),
    "read back a card": ("cashier", f"{READ_BACK}&items=R-02&method=card&reference=POS-1"),
    "doubtful items": ("cashier", f"{READ_BACK}&amount=50&items=更换,x&method=card"),
    "receipt": ("cashier", "/desk/receipts/2/"),
    "receipts of a sale": ("cashier", "/desk/receipts/3/"),
    "receipt for items": ("director", "/desk/receipts/4/"),
    "correct a receipt": ("cashier", "/desk/receipts/2/correct/"),
    "correct the room": ("cashier", "/desk/receipts/2/correct/?kind=room&q=1-10"),
    "correct the room, chosen": ("cashier", "/desk/receipts/2/correct/?kind=room&q=1-105"),
    "correct the amount": ("cashier", "/desk/receipts/2/correct/?kind=amount"),
    "give money back": ("cashier", "/desk/receipts/2/correct/?kind=none"),
    "correction read back": ("cashier", f"{CORRECT}&room=5&amount=50&reason=房号听错"),
    "correction mistyped": ("cashier", f"{CORRECT}&room=5&amount=x"),
    "void receipt": ("cashier", "/desk/receipts/5/"),
    "receipt in its place": ("cashier", "/desk/receipts/6/"),
    "correction asked": ("cashier", "/desk/corrections/5/"),
    "correction owed": ("cashier", "/desk/corrections/7/"),
    "corrections": ("cashier", "/desk/corrections/"),
    "correction too late": ("cashier", "/desk/receipts/9/correct/"),
    "adjustment": ("cashier", "/desk/receipts/9/adjust/"),
    "printer": ("cashier", "/desk/printer/"),
    "receipt books": ("cashier", "/desk/books/"),
    "receipt book": ("cashier", "/desk/books/2/"),
    "bound volumes": ("cashier", "/desk/volumes/"),
    "made by itself": ("director", "/runs/"),
    "runs of a job": ("director", "/runs/jobs/report-takings-day/"),
    "a run that failed": ("director", "/runs/2/"),
    "reports made": ("director", "/runs/papers/"),
    "a report made": ("director", "/runs/papers/1/"),
    "register of volumes": ("cashier", "/papers/bound-volumes/?kind=year"),
    "gaps": ("cashier", "/papers/receipt-gaps/?kind=year"),
    "no such receipt": ("", "/desk/proof/7/0123456789abcdef/"),
    "waiting": ("cashier", "/desk/waiting/"),
    "voucher": ("cashier", "/desk/vouchers/1/"),
    "voucher of a building in order": ("cashier", "/desk/vouchers/2/"),
    "subsidies": ("cashier", "/desk/subsidies/"),
    "subsidy": ("cashier", f"/desk/subsidies/{'c' * 32}/"),
    "subsidy by a reader": ("director", f"/desk/subsidies/{'c' * 32}/"),
    "a month's subsidies": ("cashier", "/papers/subsidies/?kind=month"),
    "outage": ("cashier", "/desk/outage/"),
    "supplementary sheet": ("cashier", "/desk/outage/sheets/1/"),
    "a day's late pages": ("cashier", "/papers/outage-pages/?kind=day"),
    "voucher stocks": ("cashier", "/desk/outage/vouchers/"),
    "voucher stock": ("cashier", "/desk/outage/vouchers/1/"),
    "voucher stock to print": ("director", "/desk/outage/vouchers/1/"),
    "shifts": ("cashier", "/desk/shifts/"),
    "open shift": ("cashier", "/desk/shifts/1/"),
    "count": ("cashier", "/desk/shifts/1/end/"),
    "count to hand over": ("cashier", "/desk/shifts/1/hand-over/"),
    "ended shift": ("manager", "/desk/shifts/2/"),
    "days": ("cashier", "/desk/days/"),
    "month table": ("cashier", "/desk/days/table/"),
    "year table": ("manager", "/desk/days/table/?period=year:2026"),
    "accounting period": ("cashier", "/desk/days/table/?period=period:2026-11"),
    "closed day": ("cashier", "/desk/days/1/"),
    "hand-ins": ("cashier", "/desk/hand-ins/"),
    "batch": ("manager", "/desk/hand-ins/1/"),
    "roster": ("manager", "/desk/roster/"),
    "health of the system": ("manager", "/health/"),
    "plan crews": ("manager", "/desk/roster/rotation/"),
    "change a day": ("manager", "/desk/roster/day/?day=2026-09-01"),
    "duty meals": ("cashier", "/papers/duty-meals/"),
    "overview": ("cashier", "/"),
    "building": ("cashier", "/buildings/1/"),
    "room by hour": ("cashier", "/rooms/3/"),
    "room by day": ("cashier", "/rooms/4/?by=day"),
    "alarms": ("cashier", "/alarms/"),
    "alarms to resolve": ("manager", "/alarms/"),
    "accounts": ("cashier", "/accounts/"),
    "gateways": ("manager", "/gateways/"),
    "faults of modules": ("cashier", "/workshop/faults/"),
    "faults that went up": ("director", "/workshop/faults/?show=up"),
    "fault reported by its room": ("cashier", "/workshop/faults/1/"),
    "fault under way": ("manager", "/workshop/faults/2/"),
    "fault that went up": ("director", "/workshop/faults/4/"),
    "fault to report": ("warden", "/workshop/faults/report/?room=2"),
    "month's faults by model": ("director", "/papers/faults/?kind=month"),
    "bench records": ("manager", "/workshop/bench/"),
    "goods-in": ("manager", "/workshop/goods/"),
    "a new order": ("manager", "/workshop/goods/orders/new/"),
    "an order": ("manager", "/workshop/goods/orders/1/"),
    "deliveries": ("director", "/workshop/goods/deliveries/"),
    "a delivery being entered": ("manager", "/workshop/goods/deliveries/2/"),
    "a finished delivery": ("director", "/workshop/goods/deliveries/1/"),
    "check of a device": ("manager", "/workshop/goods/checks/M-000004/"),
    "check that failed": ("director", "/workshop/goods/checks/M-000002/"),
    "claims": ("manager", "/workshop/claims/"),
    "a new claim": ("manager", "/workshop/claims/new/"),
    "a claim not sent": ("manager", "/workshop/claims/2/"),
    "a claim answered": ("manager", "/workshop/claims/1/"),
    "a claim by a reader": ("director", "/workshop/claims/1/"),
    "what came for a claim": ("manager", "/workshop/goods/claims/1/delivery/"),
    "workshop": ("keeper", "/workshop/"),
    "workshop, seen": ("director", "/workshop/"),
    "device not found": ("keeper", "/workshop/find/?q=M-999999"),
    "stock": ("keeper", "/workshop/stock/"),
    "stock to repair": ("director", "/workshop/stock/?state=faulty"),
    "device that is good": ("keeper", "/workshop/find/?q=202411000002"),
    "device to repair": ("keeper", "/workshop/find/?q=202411000007"),
    "device in use": ("director", "/workshop/find/?q=000202410000"),
    "labels": ("keeper", "/workshop/stock/labels/?type=DDS-1"),
    "labels mistyped": ("keeper", "/workshop/stock/labels/?sheet=a4&numbers=x"),
    "meters without a record": ("keeper", "/workshop/stock/adopt/"),
    "makers, models, places": ("keeper", "/workshop/reference/"),
    "a model of devices": ("director", "/workshop/reference/types/1/"),
    "a new place": ("keeper", "/workshop/reference/places/new/"),
    "stock-takings": ("keeper", "/workshop/stock-taking/"),
    "stock-taking, closed": ("director", "/workshop/stock-taking/1/"),
    "stock-taking": ("keeper", "/workshop/stock-taking/2/"),
    "stock-taking's differences": ("keeper", "/workshop/stock-taking/2/differences/"),
    "stock of devices as a paper": ("keeper", "/papers/device-stock/?kind=month"),
    "work orders": ("technician", "/workshop/work-orders/"),
    "plan work, building": ("technician", "/workshop/work-orders/new/"),
    "plan work": ("technician", "/workshop/work-orders/new/?building=2"),
    "rooms asked about work": ("technician", "/workshop/work-orders/1/"),
    "rooms asked, at the desk": ("cashier", "/workshop/work-orders/1/"),
    "work that goes on": ("technician", "/workshop/work-orders/2/"),
    "work that has ended": ("technician", "/workshop/work-orders/3/"),
    "a month's work orders": ("director", "/papers/work-orders/?kind=month"),
    "audit log": ("manager", "/audit/?show=all"),
    "audit log, nothing found": ("manager", "/audit/?person=nobody"),
    "a printed hash looked up": ("manager", "/audit/hash/?hash=0000000000000000&position=1"),
    "a printed hash, too short": ("manager", "/audit/hash/?hash=12"),
    "resident's door": ("", "/my-room/"),
    "prices": ("manager", "/office/prices/"),
    "prices at the desk": ("cashier", "/office/prices/"),
    "repair prices": ("manager", "/office/repairs/"),
    "price list": ("manager", "/office/prices/2/"),
    "repair list": ("cashier", "/office/repairs/1/"),
    "price draft": ("manager", "/office/lists/4/"),
    "repair draft": ("manager", "/office/lists/5/"),
    "price list compared": ("manager", "/office/lists/4/compare/"),
    "repair list compared": ("manager", "/office/lists/5/compare/"),
    "price list waiting": ("manager", "/office/lists/2/compare/"),
    "price list refused": ("manager", "/office/lists/3/compare/"),
    "a month's repair prices": ("manager", "/papers/repair-list/?kind=month"),
    "import": ("manager", "/office/import/"),
    "go-live": ("cashier", "/desk/go-live/"),
    "go-live of a building": ("cashier", f"/desk/go-live/{'a' * 32}/"),
    "go-live by a reader": ("director", f"/desk/go-live/{'a' * 32}/?building=2"),
    "go-live as a paper": ("cashier", "/papers/go-live/?kind=month"),
    "merchants": ("cashier", "/desk/merchants/"),
    "merchant with bills": ("cashier", "/desk/merchants/rooms/37/"),
    "merchant with a card meter": ("director", "/desk/merchants/rooms/38/"),
    "merchant with cards": ("cashier", "/desk/merchants/rooms/39/"),
    "card lists": ("cashier", "/desk/merchants/lists/"),
    "card system's list": ("cashier", "/desk/merchants/lists/1/"),
    "card system's list, matched": ("cashier", "/desk/merchants/lists/1/?only=matched"),
    "card meters' list": ("director", "/desk/merchants/lists/2/"),
    "vouchers to K/3": ("finance", "/k3/"),
    "vouchers to K/3, seen": ("director", "/k3/"),
    "export to K/3": ("finance", "/k3/exports/1/"),
    "layout of voucher files": ("finance", "/k3/template/"),
    "account map": ("finance", "/k3/map/"),
    "account map's form": ("finance", "/k3/map/new/"),
    "account map to sign": ("director", "/k3/map/"),
    "lists from K/3": ("finance", "/k3/imports/"),
    "K/3's vouchers": ("finance", "/k3/imports/1/"),
    "K/3's totals": ("director", "/k3/imports/2/"),
    "four-way agreement": ("cashier", "/agreement/"),
    "four-way agreement, seen": ("director", "/agreement/"),
    "lists of other parties": ("finance", "/agreement/lists/"),
    "list of another party": ("finance", "/agreement/lists/1/"),
    "monthly bills": ("cashier", "/desk/merchants/bills/"),
    "overdue bills": ("director", "/desk/merchants/bills/?show=overdue"),
    "a month to bill": ("cashier", "/desk/merchants/bills/plan/"),
    "bill": ("cashier", "/desk/merchants/bills/1/"),
    "bill with a credit note to come": ("director", "/desk/merchants/bills/2/"),
    "merchants' book": ("cashier", "/papers/merchants/?kind=month"),
    "merchants' book of a year": ("director", "/papers/merchants/?kind=year"),
    "reports": ("cashier", "/papers/"),
    "a day's takings": ("cashier", "/papers/takings/?kind=day"),
    "a month's takings": ("cashier", "/papers/takings/?kind=month"),
    "a year's prices": ("manager", "/papers/price-list/?kind=year"),
    "monthly charges": ("cashier", "/papers/monthly-charges/?kind=period"),
    "per household": ("cashier", "/papers/household-detail/?kind=period"),
    "rooms' payments of a week": ("cashier", "/papers/room-usage/?kind=week"),
    "rooms' payments of a month": ("finance", "/papers/room-usage/?kind=month"),
    "statement for the power bureau": ("finance", "/papers/bureau-statement/?kind=period"),
    "faults of a week": ("director", "/papers/faults/?kind=week"),
    "register of approvals": ("director", "/papers/approvals/?kind=month"),
    "power bureau's bills": ("finance", "/bureau/"),
    "power bureau's bills, seen": ("director", "/bureau/"),
    "power bureau's bill to correct": ("finance", "/bureau/1/"),
    "power bureau's bill corrected before": ("finance", "/bureau/2/"),
    "no such sheet": ("", "/papers/proof/7/0123456789abcdef/"),
    "office": ("manager", "/office/"),
    "office of a cashier": ("cashier", "/office/"),
    "approvals": ("cashier", "/office/approvals/"),
    "approvals to sign": ("director", "/office/approvals/"),
    "approval to sign": ("director", "/office/approvals/1/"),
    "approval of one's own": ("manager", "/office/approvals/1/"),
    "settings": ("manager", "/office/settings/"),
    "setting": ("manager", "/office/settings/desk.hours/"),
    "setting of classes": ("manager", "/office/settings/sale.seasonal-minimum/"),
    "chain": ("manager", "/office/settings/approval.setting/"),
    "certificates of gateways": ("manager", "/link/gateways/"),
    "gateway enrolled": ("manager", "/link/gateways/1/"),
    "card that waits": ("manager", "/link/gateways/2/"),
    "restored from a backup": ("manager", "/link/restored/"),
    "policies": ("manager", "/link/policies/?q=10"),
    "class's policy": ("manager", "/link/policies/classes/dormitory/"),
    "building's policy": ("manager", "/link/policies/buildings/1/"),
    "groups of meters": ("manager", "/link/policies/buildings/1/groups/"),
    "room's policy": ("manager", "/link/policies/rooms/5/change/"),
    "who decides what": ("cashier", "/link/policies/rooms/5/"),
    "shared balances": ("cashier", "/link/balances/"),
    "people": ("manager", "/office/people/"),
    "person": ("manager", "/office/people/1/"),
    "delegations": ("manager", "/office/delegations/"),
    "notices": ("manager", "/office/notices/"),
    "to tell by hand": ("cashier", "/office/by-hand/"),
    "channels": ("manager", "/office/channels/"),
    "channel": ("manager", "/office/channels/1/"),
    "mail server": ("manager", "/office/mail-server/"),
    "own mail": ("cashier", "/office/own-mail/"),
    "password": ("cashier", "/office/password/"),
    "own sign-ins": ("cashier", "/office/sessions/"),
    "second factor": ("manager", "/office/second-factor/"),
    "refunds and departures": ("cashier", "/desk/departures/"),
    "ask for a departure": ("cashier", "/desk/rooms/6/departure/"),
    "departure to be paid": ("cashier", f"/desk/departures/{0:032d}/"),
    "departure paid": ("cashier", f"/desk/departures/{1:032d}/"),
    "departed room": ("cashier", "/desk/?q=1-204"),
    "graduation": ("cashier", "/desk/graduation/"),
    "graduation previewed": ("cashier", "/desk/graduation/?building=2&rooms="),
    "graduation run": ("cashier", f"/desk/graduation/{'e' * 32}/"),
    "debts": ("cashier", "/desk/debts/"),
    "debt": ("cashier", "/desk/debts/1-202.1/"),
    "debt split": ("cashier", "/desk/debts/1-201.1/"),
    "departures as a paper": ("cashier", "/papers/departures/?kind=month"),
    "arrears": ("cashier", "/papers/arrears/?kind=month"),
    "balances": ("manager", "/losses/balances/"),
    "a building's balances": ("manager", "/losses/balances/1/"),
    "a group's balance": ("director", "/losses/balances/1/F2/"),
    "readings of a balance": ("director", "/losses/balances/1/F2/rows/"),
    "another fixed loss": ("director", "/losses/balances/1/F2/fixed-loss/"),
    "case of a loss": ("director", "/losses/cases/1/"),
    "losses as a paper": ("cashier", "/papers/losses/?kind=period"),
    "daily checks": ("director", "/losses/checks/"),
    "check to record": ("guard", "/losses/checks/record/"),
    "wardens' rounds": ("warden", "/losses/rounds/"),
    "rounds of a building": ("director", "/losses/rounds/buildings/1/"),
    "round under way": ("warden", "/losses/rounds/buildings/1/walk/"),
    "round that ended": ("warden", "/losses/rounds/1/"),
    "readings by hand": ("director", "/losses/readings/"),
    "sheet of readings": ("cashier", f"/losses/readings/2/{READ_MONTH}/"),
    "readings compared": ("cashier", f"/losses/readings/2/{READ_MONTH}/compare/"),
    "agreed readings": ("cashier", f"/losses/readings/3/{READ_MONTH}/compare/"),
    "agreed readings as a paper": ("cashier", "/papers/agreed-readings/?kind=period"),
    "bill explained": ("cashier", "/losses/bills/accounts/1-901.1/?kind=month"),
    "printed bill": ("cashier", "/losses/bills/1/"),
    "rooms with unusual use": ("cashier", "/losses/abnormal/"),
    "a room with unusual use": ("cashier", "/losses/abnormal/rooms/1/"),
    "meetings": ("director", "/meetings/"),
    "improvement items": ("director", "/meetings/items/?show=all"),
    "improvement item": ("director", "/meetings/items/1/"),
    "improvement item of a warden": ("warden", "/meetings/items/"),
    "new improvement item": ("cashier", "/meetings/items/new/"),
    "quality review, closed": ("director", "/meetings/1/"),
    "quality review": ("cashier", "/meetings/2/"),
    "a department with a procedure": ("director", "/meetings/2/cells/1/2/"),
    "cross-department meeting, closed": ("director", "/meetings/3/"),
    "cross-department meeting": ("finance", "/meetings/4/"),
    "weekly pack": ("director", "/papers/weekly-pack/"),
    "rows of a weekly pack": ("finance", f"/meetings/weeks/{THIS_WEEK}/left-yuan/?class=dormitory"),
    "minutes as a paper": ("director", "/papers/meeting-minutes/"),
    "quality review as a paper": ("finance", "/papers/quality-review/"),
    "low balances": ("cashier", "/low-balances/"),
    "a building's low balances": ("cashier", "/low-balances/1/"),
    "low balances, seen by a head": ("director", "/low-balances/1/"),
    "all low balances": ("director", "/low-balances/history/"),
    "check of the buildings": ("cashier", "/low-balances/check/"),
    "check of the buildings as a paper": ("cashier", "/papers/building-check/?kind=day"),
    "low balances as a paper": ("director", "/papers/low-balances/?kind=day"),
    "a public list that is gone": ("", "/low-balances/shown/none/"),
    "private notice of a room": ("cashier", "/desk/rooms/2/notice/"),
    "private notice of a room, none": ("cashier", "/desk/rooms/3/notice/"),
    "mails ended, by no link": ("", "/my-room/notice/stop/none/"),
    "forbidden": ("cashier", "/gateways/"),
    "missing": ("cashier", "/rooms/99999/"),
    "replacements": ("technician", "/workshop/replacements/"),
    "replacement": ("store", "/workshop/replacements/1/"),
    "meter replaced": ("technician", "/workshop/replacements/new/?room=6"),
    "software control": ("technician", "/workshop/controls/"),
    "put under software control": ("technician", "/workshop/controls/new/?room=2"),
    "true-ups": ("finance", "/workshop/true-ups/"),
    "true-up to be checked": ("finance", "/workshop/true-ups/2/"),
    "true-up told": ("cashier", "/workshop/true-ups/1/"),
    "true-up slip": ("cashier", "/workshop/true-ups/1/slip/"),
    "module that counted wrong": ("finance", "/workshop/true-ups/miscount/"),
    "thefts": ("cashier", "/losses/theft/"),
    "theft reported": ("cashier", "/losses/theft/report/?room=1"),
}
GOOD_LIST = "building,building name,floor,room,class,meter\n9,Nine,1,101,dormitory,20249001\n"
BAD_LIST = "building,building name,floor,room,class,meter\n9,Nine,one,101,palace,20249001\n"

GOOD_OLD_LIST = "room,balance_yuan,register\n2-203,12.50,400\n" + "".join(
    f"2-{floor}0{place},-3,\n"
    for floor in (1, 2)
    for place in range(1, 7)
    if (floor, place) not in ((2, 3), (1, 1))
)
BAD_OLD_LIST = "room,balance_yuan,colour\n2-203,x,red\n9-999,5,blue\n2-204,1,\n"


def send_list(page: Page, text: str) -> None:
    page.goto("/office/import/")
    page.locator("input[type=file]").set_input_files(
        {"name": "rooms.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


GOOD_K3_LIST = (
    "日期,凭证字号,摘要,科目代码,借方,贷方\n2026-11-02,记-991,售电,1001,12.50,\n,,售电,2203,,12.50\n"
)
BAD_K3_LIST = (
    "日期,凭证字号,摘要,科目代码,借方,贷方\n2026-10-02,记-991,售电,=A1,x,\n2026-11-02,,售电,2203,,12.50\n"
)
GOOD_CARD_LIST = "流水号,小票号,交易时间,金额\n7001,POS-9,2026-11-02 12:30:00,12.50\n"
BAD_CARD_LIST = "流水号,小票号,交易时间,金额\n7001,1.2E+17,2026-10-02,x\n7001,,2026-11-02,=A1\n"


def send_card_list(page: Page, text: str) -> None:
    page.goto("/desk/merchants/lists/")
    page.locator("#id_first").fill("2026-11-01")
    page.locator("#id_last").fill("2026-11-30")
    page.locator("input[type=file]").set_input_files(
        {"name": "cards.csv", "mimeType": "text/csv", "buffer": text.encode("gbk")}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def send_k3_list(page: Page, text: str) -> None:
    page.goto("/k3/imports/")
    page.locator("#id_first").fill("2026-11-01")
    page.locator("#id_last").fill("2026-11-30")
    page.locator("input[type=file]").set_input_files(
        {"name": "k3.csv", "mimeType": "text/csv", "buffer": text.encode("gbk")}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def send_agreement_list(page: Page, text: str) -> None:
    page.goto("/agreement/lists/")
    page.locator("#id_grain").select_option("period")
    page.locator("input[type=file]").set_input_files(
        {"name": "k3.csv", "mimeType": "text/csv", "buffer": text.encode("gbk")}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def open_agreement(page: Page, rows: str = "") -> None:
    """Open building 1 from the board, and the rows of a party when asked."""
    page.goto("/agreement/")
    with page.expect_navigation():
        page.locator("tbody th a").first.click()
    if rows:
        with page.expect_navigation():
            page.locator(f"a[href$='/{rows}/']").click()


def preview_vouchers_again(page: Page) -> None:
    page.goto("/k3/exports/1/")
    first, _dash, last = page.locator("dl.facts dd").first.inner_text().partition(" – ")
    page.goto(f"/k3/plan/?first={first}&last={last or first}&span=month")


def pay_too_much(page: Page) -> None:
    page.goto("/desk/merchants/bills/1/")
    page.locator("#pay_amount").fill("99999")
    with page.expect_navigation():
        page.locator("form[action$='/pay/'] button").click()


def paste_no_address(page: Page) -> None:
    page.goto("/office/channels/")
    page.locator("#id_name").fill("finance group")
    page.locator("#id_office").select_option("finance")
    page.locator("#id_address").fill("https://qyapi.weixin.qq.com/cgi-bin/webhook/send")
    with page.expect_navigation():
        page.locator("form[data-once] button.primary").click()


def send_old_list(page: Page, text: str) -> None:
    page.goto("/desk/go-live/")
    page.locator("input[type=file]").set_input_files(
        {"name": "old.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def mistype_a_bill(page: Page) -> None:
    page.goto("/bureau/")
    page.locator("#id_number").fill("GD-1")
    page.locator("#id_energy").fill("a lot")
    with page.expect_navigation():
        page.locator("form[action$='/enter/'] button").click()


def show_a_code(page: Page) -> None:
    page.goto("/desk/vouchers/1/")
    with page.expect_navigation():
        page.locator("table form button").first.click()


def give_no_reason(page: Page) -> None:
    page.goto("/alarms/")
    page.locator("a[id^=resolve-]").first.click()
    with page.expect_navigation():
        page.locator("form[data-once] button").click()


def mistype_a_setting(page: Page) -> None:
    page.goto("/office/settings/desk.hours/")
    page.locator("#id_value").fill("noon")
    with page.expect_navigation():
        page.locator("main form[data-once] button").click()


def try_a_policy(page: Page, overdraft: str) -> None:
    page.goto("/link/policies/classes/dormitory/")
    page.locator("#id_overdraft").fill(overdraft)
    with page.expect_navigation():
        page.locator("button.big").click()


def be_refused(page: Page) -> None:
    """Send an amount that no page would send: the server's word, not the form's, is what counts."""
    page.goto(f"{READ_BACK}&amount=50")
    page.evaluate("document.querySelector('input[name=amount]').value = '0.001'")
    page.locator("form[data-once] button").click()
    page.locator("p[role=alert]").wait_for()


def mistype_a_price(page: Page) -> None:
    page.goto("/office/lists/4/")
    page.locator("input[name$=-price]").first.fill("cheap")
    with page.expect_navigation():
        page.locator("button[name=compare]").click()


def read_a_bad_table(page: Page) -> None:
    page.goto("/office/lists/5/")
    page.locator("input[type=file]").set_input_files(
        {"name": "repairs.csv", "mimeType": "text/csv", "buffer": b"code,name,price\nR 1,x,dear\n"}
    )
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def send_an_old_page(page: Page) -> None:
    page.goto("/office/sign-in/")
    page.locator("form[data-once] [name=csrfmiddlewaretoken]").evaluate(
        "field => field.value = 'x'.repeat(64)"
    )
    with page.expect_navigation():
        page.locator("form[data-once]").evaluate("form => HTMLFormElement.prototype.submit.call(form)")


def be_locked_out(page: Page) -> None:
    page.goto("/office/sign-in/")
    while not page.locator(".note.warn").count():
        page.locator("#id_username").fill("stranger")
        page.locator("#id_password").fill("wrong")
        with page.expect_navigation():
            page.locator("#id_password").press("Enter")


def verify_the_books(page: Page) -> None:
    page.goto("/audit/")
    page.locator("form[action='/audit/checks/'] button").click()
    page.locator("#check-now .note.good").wait_for()


def make_a_pin(page: Page) -> str:
    page.goto("/desk/rooms/4/")
    with page.expect_navigation():
        page.locator("form[action$='/pin/'] button").click()
    return page.locator("#pin").inner_text()


def see_my_room(page: Page, site: Site, room: str) -> None:
    pin = site.run(
        "from central.campus.models import Account; from central.desk.resident.pins import new_pin\n"
        f"print(new_pin(Account.objects.get(code='{room}.1'), actor='cashier', now_ms=1).pin)"
    ).strip()
    come_to_the_door(page)
    page.locator("#room").fill(room)
    page.locator("#pin").fill(pin)
    with page.expect_navigation():
        page.locator("button.big").click()


def see_my_rooms_faults(page: Page, site: Site) -> None:
    see_my_room(page, site, "1-102")
    page.goto("/my-room/fault/")


def mistype_a_fault(page: Page) -> None:
    page.goto("/workshop/faults/report/")
    page.locator("#id_where").fill("9-999")
    with page.expect_navigation():
        page.locator("form[data-once] button.primary").click()


def see_my_rooms_notice(page: Page, site: Site) -> None:
    see_my_room(page, site, "1-102")
    page.goto("/my-room/notice/")


def see_a_public_list(page: Page, site: Site) -> None:
    page.goto(
        site.run(
            "from central.reports.low_balance.models import LowBalanceList\n"
            "from central.reports.low_balance.public_links import public_path\n"
            "print(public_path(LowBalanceList.objects.get(pk=1)))"
        ).strip()
    )


def make_a_list_of_no_building(page: Page) -> None:
    page.goto("/low-balances/")
    with page.expect_navigation():
        page.locator("form[action$='/make/'] button").click()


def come_to_the_door(page: Page) -> None:
    page.goto("/my-room/")
    if page.locator(".my-leave").count():
        with page.expect_navigation():
            page.locator(".my-leave button").click()


def guess_a_pin(page: Page) -> None:
    come_to_the_door(page)
    page.locator("#room").fill("1-101")
    page.locator("#pin").fill("000000")
    with page.expect_navigation():
        page.locator("button.big").click()


def meet_a_broken_server(page: Page, site: Site) -> None:
    site.sql("ALTER TABLE link_watermarkcheck RENAME TO taken_away")
    try:
        page.goto("/gateways/")
    finally:
        site.sql("ALTER TABLE taken_away RENAME TO link_watermarkcheck")


def print_twice(page: Page) -> None:
    """The first print is asked for beside the page; the one after it, without a reason, is met with the question why."""
    page.goto("/desk/receipts/2/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    page.request.post(
        "/desk/receipts/2/print/", form={"csrfmiddlewaretoken": token}, headers={"Referer": page.url}
    )
    page.reload()
    page.locator("form.inline-form[target]").evaluate("form => { form.target = '_self'; form.submit() }")
    page.locator(".note.warn").wait_for()


def mistype_an_offset(page: Page) -> None:
    page.goto("/desk/printer/")
    page.locator("#id_right").fill("99")
    with page.expect_navigation():
        page.locator("form[data-once] button").click()


def mistype_a_finding(page: Page) -> None:
    page.goto("/desk/books/2/")
    page.locator("#id_findings").fill("23 nothing")
    with page.expect_navigation():
        page.locator("form[action$='/check/'] button").click()


def compare_a_count(page: Page, *, hand_over: bool) -> None:
    page.goto(f"/desk/shifts/1/{'hand-over' if hand_over else 'end'}/")
    page.locator("[name=n10000]").fill("3")
    with page.expect_navigation():
        page.locator("main form button").click()


def come_without_a_shift(page: Page, site: Site) -> None:
    """The page that opens a shift is there only for who has none."""
    site.run(f"{DRAWERS}Drawer.objects.update(open_shift=None)")
    page.goto("/desk/shift/")
    site.run(f"{DRAWERS}Drawer.objects.filter(name='main').update(open_shift=1)")


def look_at_an_adjustment(page: Page, site: Site) -> None:
    [(number,)] = site.sql("SELECT number FROM office_approval WHERE act = 'adjustment'")
    page.goto(f"/office/approvals/{number}/")


def ask_without_a_reason(page: Page) -> None:
    page.goto("/desk/rooms/6/departure/")
    page.locator("#id_kind_1").check()
    page.locator("#id_amount").fill("viel")
    with page.expect_navigation():
        page.locator("main form[data-once] button").click()


def choose_a_subsidy(page: Page, each: str) -> None:
    page.goto("/desk/subsidies/")
    page.locator("#id_per_head").fill(each)
    with page.expect_navigation():
        page.locator("form[enctype] button").click()


def open_a_code(page: Page) -> None:
    page.goto("/link/gateways/1/")
    with page.expect_navigation():
        page.locator("form[action$='/open/'] button").click()


def type_pages(page: Page, room: str) -> None:
    """Pages 3 to 5 of the cashier's book; the second one is nobody's, the third has the room that is given."""
    page.goto("/desk/outage/")
    page.locator("#id_last").fill("5")
    with page.expect_navigation():
        page.locator("form[action$='/outage/pages/'] button").click()
    for name, text in {"time-3": "0001", "room-3": "1-102", "yuan-3": "50", "reason-4": "写错"}.items():
        page.locator(f"[name={name}]").fill(text)
    for name, text in {"time-5": "0002", "room-5": room, "yuan-5": "30", "counted": "80"}.items():
        page.locator(f"[name={name}]").fill(text)
    with page.expect_navigation():
        page.locator("[name=counted]").press("Enter")


def count_envelopes(page: Page) -> None:
    page.goto("/desk/outage/vouchers/1/")
    page.locator("#id_count-counted").fill("1")
    with page.expect_navigation():
        page.locator("form[action$='/count/'] button").click()


def theft_of(where: str) -> Callable[[Page, Site], None]:
    """Open the case of a room from the list of thefts."""

    def deed(page: Page, site: Site) -> None:
        page.goto("/losses/theft/")
        page.locator("tr", has_text=where).locator("a").click()
        page.wait_for_url(re.compile(r"/losses/theft/\d+/$"))

    return deed


def decide_nothing(page: Page) -> None:
    page.goto("/meetings/4/")
    page.locator("summary", has_text=re.compile("记录决议|Write down a decision")).click()
    page.locator("#id_decision_number").fill("77")
    page.locator("#id_decision_text").fill("x")
    with page.expect_navigation():
        page.locator("form:has(#id_decision_text) button").click()


DEEDS: dict[str, tuple[str, Callable[[Page, Site], None], str]] = {
    "enrolment code": ("manager", lambda page, site: open_a_code(page), "#code"),
    "import preview": ("manager", lambda page, site: send_list(page, GOOD_LIST), "form[data-once]"),
    "import refused": ("manager", lambda page, site: send_list(page, BAD_LIST), ".note.bad"),
    "go-live preview": ("cashier", lambda page, site: send_old_list(page, GOOD_OLD_LIST), "#ask-title"),
    "go-live refused": ("cashier", lambda page, site: send_old_list(page, BAD_OLD_LIST), ".note.bad"),
    "card list's preview": ("cashier", lambda page, site: send_card_list(page, GOOD_CARD_LIST), "#import"),
    "card list refused": ("cashier", lambda page, site: send_card_list(page, BAD_CARD_LIST), ".note.bad"),
    "vouchers previewed": ("finance", lambda page, site: preview_vouchers_again(page), "#make"),
    "power bureau's bill mistyped": ("finance", lambda page, site: mistype_a_bill(page), "ul.errorlist"),
    "K/3's list previewed": ("finance", lambda page, site: send_k3_list(page, GOOD_K3_LIST), "#import"),
    "building's agreement": ("cashier", lambda page, site: open_agreement(page), "#line-bridge"),
    "codes of a photograph": ("manager", lambda page, site: read_a_plate(page), ".codes"),
    "check refused": ("manager", lambda page, site: fail_without_finding(page), ".note.bad"),
    "rows of a party": ("finance", lambda page, site: open_agreement(page, "money/k3"), "#rows-title"),
    "other party's list previewed": (
        "finance",
        lambda page, site: send_agreement_list(page, "楼栋,金额\n2,88.50\n"),
        "#import",
    ),
    "other party's list refused": (
        "finance",
        lambda page, site: send_agreement_list(page, "楼栋,金额\n1,1.5\n九号楼,=2\n"),
        ".note.bad",
    ),
    "K/3's list refused": ("finance", lambda page, site: send_k3_list(page, BAD_K3_LIST), ".note.bad"),
    "bill paid above what is open": (
        "cashier",
        lambda page, site: pay_too_much(page),
        "#pay_amount_error, .errorlist",
    ),
    "subsidy preview": ("cashier", lambda page, site: choose_a_subsidy(page, "8.50"), "#ask-title"),
    "subsidy mistyped": ("cashier", lambda page, site: choose_a_subsidy(page, "x"), "#id_per_head_error"),
    "late pages": ("cashier", lambda page, site: type_pages(page, "1-103"), "button[formaction]"),
    "late pages mistyped": ("cashier", lambda page, site: type_pages(page, "nowhere"), ".errorlist"),
    "short count of vouchers": ("cashier", lambda page, site: count_envelopes(page), ".errorlist"),
    "voucher code": ("cashier", lambda page, site: show_a_code(page), "#voucher-code"),
    "channel refused": ("manager", lambda page, site: paste_no_address(page), "#id_address_error"),
    "alarm without a reason": ("manager", lambda page, site: give_no_reason(page), "#id_why_error"),
    "policy tried": ("manager", lambda page, site: try_a_policy(page, "5"), "#why"),
    "policy mistyped": ("manager", lambda page, site: try_a_policy(page, "-5"), ".errorlist"),
    "printed before": ("cashier", lambda page, site: print_twice(page), ".note.warn"),
    "bad offset": ("cashier", lambda page, site: mistype_an_offset(page), ".note.bad"),
    "bad check": ("cashier", lambda page, site: mistype_a_finding(page), "#id_findings_error"),
    "payment refused": ("cashier", lambda page, site: be_refused(page), "p[role=alert]"),
    "setting mistyped": ("manager", lambda page, site: mistype_a_setting(page), ".errorlist"),
    "price mistyped": ("manager", lambda page, site: mistype_a_price(page), ".errorlist"),
    "table refused": ("manager", lambda page, site: read_a_bad_table(page), ".note.bad"),
    "short count": ("cashier", lambda page, site: compare_a_count(page, hand_over=False), ".note.bad"),
    "short hand-over": (
        "cashier",
        lambda page, site: compare_a_count(page, hand_over=True),
        "[type=password]",
    ),
    "adjustment to sign": ("director", look_at_an_adjustment, "form[action$='/sign/']"),
    "open a shift": ("cashier", come_without_a_shift, "[name=n10000]"),
    "old page": ("", lambda page, site: send_an_old_page(page), "main li"),
    "locked out": ("", lambda page, site: be_locked_out(page), ".note.warn"),
    "verified books": ("manager", lambda page, site: verify_the_books(page), "#check-now .note.good"),
    "PIN of a room": ("cashier", lambda page, site: make_a_pin(page) and None, "#pin"),
    "my room": ("", lambda page, site: see_my_room(page, site, "1-102"), ".my-supply"),
    "my room's notice": ("", see_my_rooms_notice, "#id_address"),
    "my room's faults": ("", see_my_rooms_faults, "#id_text"),
    "fault mistyped": ("cashier", lambda page, site: mistype_a_fault(page), ".errorlist"),
    "public list of low balances": ("", see_a_public_list, "img.sheet"),
    "list of no building": (
        "cashier",
        lambda page, site: make_a_list_of_no_building(page),
        ".errorlist",
    ),
    "my room, cut off": ("", lambda page, site: see_my_room(page, site, "1-101"), ".my-supply.bad"),
    "my room, out of reach": ("", lambda page, site: see_my_room(page, site, "3-202"), ".note.warn"),
    "wrong PIN": ("", lambda page, site: guess_a_pin(page), "#door-error"),
    "decision refused": ("director", lambda page, site: decide_nothing(page), ".note.bad"),
    "departure mistyped": ("cashier", lambda page, site: ask_without_a_reason(page), ".errorlist"),
    "broken server": ("manager", meet_a_broken_server, "main li"),
    "theft charged and appealed": ("cashier", theft_of("2-205"), "#appeal-title"),
    "theft to be charged": ("cashier", theft_of("2-206"), "#id_penalty_why"),
}
"""Pages that only a deed leads to, and what proves that it did."""
EXPECTED_COMPLAINTS = {
    *("subsidy mistyped", "late pages mistyped", "short count of vouchers"),
    *("printed before", "bad offset", "bad check"),
    *("correction mistyped", "bad amount", "doubtful items", "forbidden", "missing", "wrong PIN"),
    *("card list refused", "bill paid above what is open", "K/3's list refused"),
    "power bureau's bill mistyped",
    *("other party's list refused", "decision refused"),
    *("setting mistyped", "channel refused", "price mistyped", "table refused", "policy mistyped"),
    *("departure mistyped", "list of no building", "labels mistyped"),
    *("a public list that is gone", "mails ended, by no link"),
    *(
        "alarm without a reason",
        "import refused",
        "go-live refused",
        "old page",
        "locked out",
        "broken server",
    ),
}
"""Pages whose status is an error: Chromium notes it in its console."""
DRAWERS = "from central.desk.shift_models import Drawer\n"
pytestmark = pytest.mark.timeout(1500)
"""One fixture walks through every page in a language: the first test that needs it waits for all of them."""

WEIGHT = "new TextEncoder().encode(document.documentElement.outerHTML).length"
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
RUN_AXE = (
    "options => axe.run(document, {resultTypes: ['violations'], ...options}).then(found => found.violations)"
)
COLOURS_ONLY = {"runOnly": ["color-contrast"]}
"""What else axe looks at is the same in both schemes."""
NAMES_ONLY = {
    "runOnly": ["button-name", "document-title", "html-lang-valid", "image-alt", "label", "link-name"]
}
"""What words can spoil. The colours and the structure of a page are the same in both languages."""
IN_ALL_WAYS = {"dark": COLOURS_ONLY, "light": {}}


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    """Serve a central in which every page has something to show."""
    whole = made_once(tmp_path_factory, worker_id, "whole", lambda folder: seed_whole(seeded, folder))
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(whole, folder)
    made = site_at(folder)
    with serving(made):
        yield made


@dataclass
class Look:
    """What was found on one page: pixels that stick out by width, axe's serious findings by scheme, its weight."""

    sticks_out: dict[int, int] = field(default_factory=dict)
    shut_out: dict[str, list[object]] = field(default_factory=dict)
    weight_bytes: int = 0


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("zh-hans", marks=pytest.mark.xdist_group("pages-zh")),
        pytest.param("en", marks=pytest.mark.xdist_group("pages-en")),
    ],
)
def looks(request: pytest.FixtureRequest, visits: Visits, site: Site, axe: str) -> dict[str, Look]:
    """Walk through every page in one language and look at each in every way."""
    everybody = dict.fromkeys(who for who, *_ in (*PAGES.values(), *DEEDS.values()))
    visitors = {who: visits(who, language=request.param) for who in everybody}
    for visitor in visitors.values():
        # By the debugger, before each page's own scripts: the page's policy against foreign script stays in force, and the browser
        # is told of half a megabyte once instead of on every page.
        visitor.context.add_init_script(axe)
    ways: dict[str, dict[str, list[str]]] = (
        IN_ALL_WAYS if request.param == "zh-hans" else {"light": NAMES_ONLY}
    )
    schemes: dict[Page, str] = {}
    return {name: look_at(visitor, ways, schemes) for name, visitor in walk(visitors, site)}


def walk(visitors: dict[str, Visitor], site: Site) -> Iterator[tuple[str, Visitor]]:
    for name, (who, path) in PAGES.items():
        visitors[who].page.goto(path)
        yield name, visitors[who]
        forgive(name, visitors[who])
    for name, (who, deed, proof) in DEEDS.items():
        see_at(visitors[who].page, DESK)
        deed(visitors[who].page, site)
        give_password_again(visitors[who].page, proof)
        expect(visitors[who].page.locator(proof).first, f"{name} did not come up").to_be_attached()
        yield name, visitors[who]
        forgive(name, visitors[who])


def read_a_plate(page: Page) -> None:
    page.goto("/workshop/goods/deliveries/2/")
    drawn = zxingcpp.create_barcode("20261130-77", zxingcpp.BarcodeFormat.Code128).to_image(scale=6)
    file = BytesIO()
    Image.fromarray(numpy.array(drawn)).save(file, "PNG")
    plate = {"name": "plate.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.locator("input[name=code]").set_input_files(plate)
    with page.expect_navigation():
        page.locator("form[action$='/codes/'] button").click()


def fail_without_finding(page: Page) -> None:
    page.goto("/workshop/goods/checks/M-000004/")
    with page.expect_navigation():
        page.locator("button[value=faulty]").click()


def give_password_again(page: Page, proof: str) -> None:
    """Type the password where a dangerous act asks for it: on a busy machine the walk takes longer than it holds."""
    if page.locator("#password-again").count() and not page.locator(proof).count():
        page.locator("#password-again").fill(PASSWORD)
        with page.expect_navigation():
            page.locator("#password-again").press("Enter")


def forgive(name: str, visitor: Visitor) -> None:
    if name in EXPECTED_COMPLAINTS:
        visitor.complaints.clear()


def look_at(visitor: Visitor, ways: dict[str, dict[str, list[str]]], schemes: dict[Page, str]) -> Look:
    """Look from both sizes and in each scheme, first from where the last look ended: each change draws the whole page anew."""
    page, look = visitor.page, Look()
    look.weight_bytes = page.evaluate(WEIGHT)
    for size in sorted((PHONE, DESK), key=lambda size: size != page.viewport_size):
        see_at(page, size)
        look.sticks_out[size["width"]] = page.evaluate(STICKS_OUT)
    for scheme in sorted(ways, key=lambda scheme: scheme != schemes.get(page, "light")):
        if schemes.get(page, "light") != scheme:
            page.emulate_media(color_scheme=scheme)
            schemes[page] = scheme
        look.shut_out[scheme] = [
            (found["id"], [node["html"][:200] for node in found["nodes"][:3]])
            for found in page.evaluate(RUN_AXE, ways[scheme])
            if found["impact"] in ("serious", "critical")
        ]
    return look


def see_at(page: Page, size: dict[str, int]) -> None:
    if page.viewport_size != size:
        page.set_viewport_size(size)


def test_no_page_sticks_out_sideways(looks: dict[str, Look]) -> None:
    assert {name: look.sticks_out for name, look in looks.items() if max(look.sticks_out.values()) > 0} == {}


def test_axe_finds_no_serious_violation(looks: dict[str, Look]) -> None:
    found = {name: look.shut_out for name, look in looks.items() if any(look.shut_out.values())}
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def test_pages_weigh_little(looks: dict[str, Look]) -> None:
    assert {name: look.weight_bytes for name, look in looks.items() if look.weight_bytes >= 150_000} == {}


@pytest.mark.xdist_group("pages-en")  # a third worker would seed all of it for this alone
def test_dark_is_dark_and_light_is_light(visits: Visits) -> None:
    shades, page = {}, visits().page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(
            int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(",")
        )
    assert shades["dark"] < 150 < 600 < shades["light"]
