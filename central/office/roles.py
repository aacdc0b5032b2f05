"""Who there is in the card-room procedure, and what each may do, by the name of the act. Views ask for acts, never for roles.

The procedure's offices (4.2.1, 4.2.5): cashiers and finance, the network centre, two vice-presidents, the president, the legal
representative, the affairs centre, logistics, security, student affairs; and the people of the building and the workshop.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A person's office. One each: who stands in for another does so by a delegation."""

    CASHIER = "cashier", _("cashier")
    FINANCE = "finance", _("finance")
    DIRECTOR = "director", _("network-centre director")
    VP_NETWORK = "vp-network", _("vice-president, network")
    VP_LOGISTICS = "vp-logistics", _("vice-president, logistics")
    PRESIDENT = "president", _("president")
    LEGAL = "legal", _("legal representative")
    AFFAIRS = "affairs", _("affairs centre")
    LOGISTICS = "logistics", _("logistics")
    SECURITY = "security", _("security")
    STUDENTS = "students", _("student affairs")
    ELECTRICIAN = "electrician", _("electrician")
    TECHNICIAN = "technician", _("technician")
    WARDEN = "warden", _("building warden")
    STORE = "store", _("store keeper")
    AUDITOR = "auditor", _("auditor")
    ADMIN = "admin", _("administrator")


EVERYONE = tuple(Role)
HEADS = (Role.DIRECTOR, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.PRESIDENT, Role.LEGAL)
OFFICES = (Role.AFFAIRS, Role.LOGISTICS, Role.SECURITY, Role.STUDENTS)
WORKSHOP = (Role.ELECTRICIAN, Role.TECHNICIAN, Role.STORE)

SELL = (Role.CASHIER,)
SEE_LOW_BALANCES = (
    *(Role.CASHIER, Role.FINANCE, *HEADS, Role.STUDENTS, Role.LOGISTICS),
    *(Role.WARDEN, Role.AUDITOR, Role.ADMIN),
)
"""Rooms and balances of the buildings that the reader serves, without names, and the buildings' daily check (R-4.1.6)."""
MAKE_LOW_BALANCES = (Role.CASHIER, Role.DIRECTOR, Role.ADMIN)
"""Make a building's list out of turn, and tell its groups."""
LOOK_AT_BUILDINGS = (Role.CASHIER, Role.DIRECTOR)
"""Says on record that he looked at the daily check."""
KEEP_ROOM_NOTICES = (Role.CASHIER,)
"""Enters, with the residents' consent, where a room is told of its low balance; ends it."""
GIVE_PINS = (Role.CASHIER,)
"""Make the PIN with which a room's residents look at their balance."""
CORRECT = (Role.CASHIER,)
"""Make a receipt of the day void and issue the right one (R-4.1.5)."""
ASK_ADJUSTMENTS = (Role.CASHIER, Role.FINANCE, Role.ADMIN)
"""Ask that an error of the college itself is put right after its day; two others sign."""
KEEP_BOOKS = (Role.CASHIER, Role.FINANCE, Role.ADMIN)
"""Receipt books: take in, check, make pages void, bind, store."""
ISSUE_PAGES = SELL
PRINT_RECEIPTS = (Role.CASHIER, Role.FINANCE, Role.ADMIN)
NAME_DIFFERENCES = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR)
"""Counts a drawer or a batch, and so names what differs."""
END_SHIFTS = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR)
"""A shift that was left open is counted and ended by another one, with the reason."""
PLAN_DUTY = (Role.DIRECTOR, Role.ADMIN)
CLOSE_DAYS = (Role.CASHIER, Role.FINANCE)
HAND_IN = (Role.CASHIER,)
RECEIVE_CASH = (Role.FINANCE,)
KEEP_CARDS = SELL
"""Payment cards of merchants: registered, lost, replaced (R-4.2.1)."""
IMPORT_CARD_LISTS = (Role.CASHIER, Role.FINANCE)
PAY_OVER_CARDS = (Role.FINANCE,)
"""Says that the card system's money is at the bank."""
BILL_MERCHANTS = (Role.CASHIER, Role.FINANCE)
"""Ask for a month's bills, and for a credit note."""
GIVE_SUBSIDIES = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.ADMIN)
"""Ask for a subsidy of many rooms, and take it back on the day it was given; others sign for it."""
ENTER_PAGES = (Role.CASHIER, Role.FINANCE)
"""Enter what was written by hand while central was down."""
KEEP_VOUCHERS = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR)
"""Order sealed vouchers, count them, have them destroyed; others sign for it."""
PRINT_VOUCHERS = (Role.FINANCE, Role.DIRECTOR)
"""Sees the codes: never the one who sells them."""
HAND_OUT_VOUCHERS = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.ADMIN)
ASK_REFUNDS = (Role.CASHIER, Role.FINANCE)
"""Ask for refunds, departures, room changes, graduation runs, write-offs; nobody signs his own request."""
PAY_BY_BANK = (Role.FINANCE,)
SETTLE_NEXT = (Role.CASHIER, Role.ADMIN)
"""Let the next occupants in after a departure."""
KEEP_DEBTS = (Role.CASHIER, Role.FINANCE)
"""Collect debts from credit, split them."""
RESOLVE_ALARMS = (Role.ADMIN,)
SEE_SUPPLY = EVERYONE
"""Buildings, rooms, alarms: what is on and off, and why."""
SEE_MONEY = (Role.CASHIER, Role.FINANCE, *HEADS, Role.AUDITOR, Role.ADMIN)
"""Receipts, takings, balances by name."""
SEE_BILLS = SEE_MONEY
"""A room's bill explained, from raw frame to receipt (R-B3), and its files."""
PRINT_BILLS = (Role.CASHIER, Role.FINANCE, *HEADS, Role.ADMIN)
"""Keep an explained bill as it is now, under a number."""
SEE_DEBTS = (*SEE_MONEY, Role.STUDENTS)
"""Who owes what; student affairs follows up those who graduated."""
SEE_GATEWAYS = (Role.TECHNICIAN, Role.ELECTRICIAN, Role.DIRECTOR, Role.AUDITOR, Role.ADMIN)
SEE_CASES = (*EVERYONE,)
"""Losses, theft reports, disagreeing readings: what stands, what was found. Without prices and names of customers."""
SEE_PHOTOS = SEE_CASES
WORK_OFFLINE = SEE_CASES
"""Sends what a phone kept while it had no network; each form asks for its own office, too."""
PARTY_OFFICES = {
    "finance": (Role.FINANCE,),
    "card-room": (Role.CASHIER,),
    "wardens": (Role.WARDEN,),
    "security": (Role.SECURITY,),
    "technicians": (Role.TECHNICIAN, Role.ELECTRICIAN),
}
"""Who records the daily check of which party (R-4.2.0)."""
RECORD_CHECKS = tuple(role for offices in PARTY_OFFICES.values() for role in offices)
SEE_ALL_CHECKS = (*HEADS, Role.AUDITOR, Role.ADMIN)
SEE_CHECKS = (*RECORD_CHECKS, *SEE_ALL_CHECKS)
"""Each party sees how its own stands, the heads how all do."""
MAKE_ROUNDS = (Role.WARDEN,)
"""Walks through the rooms of a building that he serves (R-4.2.4)."""
SEE_ROUNDS = (Role.WARDEN, Role.ELECTRICIAN, *OFFICES, *HEADS, Role.AUDITOR, Role.ADMIN)
WORK_CASES = (Role.ELECTRICIAN, Role.TECHNICIAN, Role.LOGISTICS, Role.SECURITY, Role.DIRECTOR, Role.ADMIN)
"""Acknowledges a case, arrives, says what was found, closes it (R-4.2.3)."""
SEE_BALANCES = SEE_CASES
"""Where each group's energy went: meters and figures, no prices, no customers."""
SEE_SUSPECTS = (*HEADS, Role.ELECTRICIAN, Role.TECHNICIAN)
"""Which rooms' meters a loss follows: a work list for those who go and look, and for who sends them."""
ASK_FIXED_LOSS = (Role.DIRECTOR, Role.ELECTRICIAN, Role.TECHNICIAN, Role.ADMIN)
"""Ask for another fixed loss ratio of a group; the director signs (R-4.2.3)."""
REPORT_THEFT = (
    Role.WARDEN,
    Role.SECURITY,
    Role.ELECTRICIAN,
    Role.TECHNICIAN,
    Role.CASHIER,
    Role.DIRECTOR,
)
"""Reports what looks like stolen power, from a phone (R-4.2.4)."""
ANSWER_THEFT = (Role.ELECTRICIAN,)
"""Acknowledges a report, arrives within his minutes, says what he found (R-4.2.4)."""
NOTE_THEFT = (*REPORT_THEFT, Role.STUDENTS, Role.LOGISTICS)
"""Adds words and photographs to a theft case."""
CLOSE_THEFT = (Role.CASHIER, Role.DIRECTOR, Role.SECURITY)
SEE_PENALTIES = SEE_DEBTS
"""Whose payments a penalty counts from, what it costs, what was paid of it."""
ASK_PENALTIES = (Role.CASHIER, Role.FINANCE)
"""Looks up the room's payments and asks for the penalty; others sign (R-4.2.4)."""
RECEIVE_APPEALS = (Role.CASHIER, Role.STUDENTS)
"""Takes down an occupant's appeal, and proposes what becomes of it; others decide."""
PAY_PENALTIES_BACK = SELL
READ_METERS = (Role.ELECTRICIAN, Role.TECHNICIAN)
"""The monthly readings by hand: enter, import, close a sheet, settle what disagrees (R-4.3.7)."""
CHECK_READINGS = (Role.CASHIER,)
"""Compares a closed sheet with the card room's values; gives it back, or asks that it is signed."""
ASK_AGREED_READINGS = (*CHECK_READINGS, *READ_METERS)
"""A supplement to a signed table may come from either side."""
SEE_READINGS = (
    *(Role.CASHIER, Role.FINANCE, *HEADS, Role.AFFAIRS, Role.LOGISTICS),
    *(*READ_METERS, Role.AUDITOR, Role.ADMIN),
)
SEE_ABNORMAL = (
    Role.CASHIER,
    *HEADS,
    Role.LOGISTICS,
    Role.ELECTRICIAN,
    Role.TECHNICIAN,
    Role.AUDITOR,
    Role.ADMIN,
)
"""Each month's rooms with unusual use, without names (R-3.5)."""
REVIEW_ABNORMAL = (Role.CASHIER, Role.ELECTRICIAN, Role.DIRECTOR, Role.ADMIN)
"""Says of a room on the list what he found out."""
SEND_ABNORMAL = (Role.CASHIER, Role.DIRECTOR, Role.ADMIN)
"""Sends the reviewed list upwards."""
TOLD_OF_ABNORMAL = (
    Role.DIRECTOR,
    Role.LOGISTICS,
    Role.VP_NETWORK,
    Role.VP_LOGISTICS,
    Role.PRESIDENT,
    Role.LEGAL,
)
"""Are told at once of a reviewed list (R-4.2.5)."""
SET_PRICES = (Role.DIRECTOR, Role.ADMIN)
"""Write price and repair lists, and ask for their approval (R-4.1.3)."""
SEE_PRICES = (*SEE_MONEY, *WORKSHOP)
"""What electricity and repairs cost, since when, by which list."""
SEE_POLICIES = (Role.CASHIER, Role.FINANCE, *HEADS, Role.TECHNICIAN, Role.AUDITOR, Role.ADMIN)
"""What gateways decide by, and who said so."""
ASK_POLICIES = (Role.DIRECTOR, Role.TECHNICIAN, Role.ADMIN)
SIGN_POLICIES = (Role.DIRECTOR, Role.ADMIN)
ASK_SHARED_BALANCES = (Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.ADMIN)
SIGN_SHARED_BALANCES = (Role.FINANCE, Role.DIRECTOR)
SEE_HEALTH = (Role.TECHNICIAN, Role.ADMIN)
"""How this server, the link and the gateways run; who is told when something of it is bad."""
KEEP_GATEWAYS = (Role.ADMIN,)
"""Opens enrolment codes, approves a card in a living gateway's place, revokes one (R-G5, R-G6)."""
SEE_RESTORATION = (Role.FINANCE, Role.TECHNICIAN, Role.DIRECTOR, Role.AUDITOR, Role.ADMIN)
"""What a server that was restored from a backup still has to do, and the credit that it never gave (C-11)."""
TICK_RESTORATION = (Role.DIRECTOR, Role.ADMIN)
SEE_BENCH_RECORDS = (*WORKSHOP, Role.DIRECTOR, Role.AUDITOR, Role.ADMIN)
"""What was tested on the bench (R-4.3.1)."""
FOLLOW_FAULTS = (Role.CASHIER, Role.WARDEN, Role.LOGISTICS, *WORKSHOP, *HEADS, Role.AUDITOR, Role.ADMIN)
"""Faults of modules in the buildings that the reader serves: without names of customers (R-4.3.3b)."""
REPORT_FAULTS = (Role.CASHIER, Role.WARDEN, *WORKSHOP, Role.DIRECTOR, Role.ADMIN)
"""Reports a fault of a room's module: the desk for whoever comes to the counter, too."""
WORK_FAULTS = (*WORKSHOP, Role.DIRECTOR, Role.ADMIN)
"""Goes there, says what it was, asks for a replacement, tells the maker, solves and closes it (R-4.3.3b, R-4.3.6)."""
SEE_DEVICES = (*WORKSHOP, Role.DIRECTOR, Role.LOGISTICS, Role.AUDITOR, Role.ADMIN)
"""The workshop's front page, the store's devices with their histories, stock-takings (R-4.3.3a)."""
READ_LABELS = (*WORKSHOP, Role.DIRECTOR, Role.LOGISTICS, Role.ADMIN)
"""Sends a photograph of a label to find its device: it is read, and not kept."""
KEEP_DEVICE_TYPES = (Role.STORE, Role.DIRECTOR, Role.ADMIN)
"""Makers, models with their minimum stock, places."""
KEEP_STORE = (Role.STORE, Role.TECHNICIAN, Role.ADMIN)
"""Moves devices, says that one is repaired, enters those that hang on walls, takes stock, prints labels."""
SCRAP_DEVICES = (Role.STORE, Role.ADMIN)
CLOSE_STOCK_TAKINGS = (Role.STORE, Role.ADMIN)
"""Books what was not there as missing."""
KEEP_GOODS = (Role.STORE, Role.TECHNICIAN, Role.ADMIN)
"""Orders, deliveries, the check of what came, claims to makers (R-4.3.1)."""
SEE_GOODS = (*WORKSHOP, Role.DIRECTOR, Role.LOGISTICS, Role.AUDITOR, Role.ADMIN)
PLAN_WORK = (Role.ELECTRICIAN, Role.TECHNICIAN, Role.LOGISTICS, Role.DIRECTOR)
"""Plans work that needs the power off, tells its rooms, asks a head where they don't agree (R-4.3.4)."""
START_WORK = (Role.ELECTRICIAN, Role.TECHNICIAN)
"""Starts it, isolates, ends it: who works at the circuit himself."""
ANSWER_WORK = (Role.CASHIER, Role.WARDEN, Role.ELECTRICIAN, Role.TECHNICIAN)
"""Enters what a room says to the time."""
ALLOW_WORK = (Role.DIRECTOR,)
"""Decides by his signature against a refusal or a silence, or because of danger."""
SEE_WORK = (
    *(Role.CASHIER, *HEADS, Role.LOGISTICS, Role.SECURITY, Role.STUDENTS, Role.WARDEN),
    *(*START_WORK, Role.AUDITOR, Role.ADMIN),
)
"""Work orders with their rooms; names only for who may see them anyway."""
SWAP_METERS = (Role.TECHNICIAN, Role.ADMIN)
"""Says that a meter was replaced; completes a replacement's record (R-4.3.5)."""
SEE_REPLACEMENTS = (*WORKSHOP, *SEE_MONEY, Role.LOGISTICS)
"""Replacements, rooms under software control, true-ups (R-4.3.5)."""
KEEP_REPLACEMENTS = (Role.TECHNICIAN, Role.STORE, Role.ADMIN)
"""Photographs, solved or not, which devices of the store they were."""
CONTROL_ROOMS = (Role.TECHNICIAN, Role.DIRECTOR, Role.STORE)
"""Puts a room under software control where there is no spare, and ends it."""
CHECK_TRUE_UPS = (Role.FINANCE, Role.DIRECTOR, Role.TECHNICIAN)
"""Checks what was computed, or puts a better-founded figure in its place."""
TELL_TRUE_UPS = (Role.CASHIER, Role.FINANCE)
"""Tells the customer, which books it; takes a dispute down."""
IMPORT_CAMPUS = (Role.ADMIN,)
GO_LIVE = (Role.CASHIER, Role.ADMIN)
"""Ask for opening balances; neither office signs for them."""
SEE_REPORTS = (*SEE_MONEY, *OFFICES)
OPEN_REPORTS = (*SEE_REPORTS, *WORKSHOP)
"""The list of reports; each report names the offices that may open it."""
SEE_FAULTS = OPEN_REPORTS
"""The table of faults: what the gateways told of their meters and of themselves (R-4.3.3b)."""
SEE_HOUSEHOLDS = (*SEE_MONEY, Role.LOGISTICS, Role.AFFAIRS)
"""Every household's month, by name: those whom its copies go to (R-4.2.5)."""
TOLD_OF_ARREARS = TOLD_OF_ABNORMAL
"""Are told at once of what is owed (R-4.2.5)."""
SEE_ALL_APPROVALS = (Role.FINANCE, *HEADS, Role.AUDITOR, Role.ADMIN)
"""Every request, whoever asked it; others see their own, and what they sign."""
SEAL_REPORTS = (Role.FINANCE, Role.DIRECTOR, Role.ADMIN)
SIGN_FOR_REPORTS = (Role.CASHIER, *SEAL_REPORTS)
"""Send a sealed report up its chain (R-4.2.1)."""
SEE_MEETINGS = SEE_REPORTS
"""Quality reviews, cross-department meetings, all improvement items (R-5.1); others see the items of their own office."""
KEEP_MEETINGS = (
    *(Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.VP_NETWORK, Role.VP_LOGISTICS),
    *(Role.AFFAIRS, Role.LOGISTICS, Role.ADMIN),
)
"""Logs calls, writes findings, minutes and decisions; gives items another owner or day, drops one."""
CHAIR_MEETINGS = (Role.VP_NETWORK, Role.VP_LOGISTICS)
"""Closes a review or a meeting; adds to it afterwards, with the reason."""
RECORD_ITEMS = (
    *(*KEEP_MEETINGS, Role.PRESIDENT, Role.SECURITY, Role.STUDENTS),
    *(Role.ELECTRICIAN, Role.TECHNICIAN, Role.WARDEN, Role.STORE),
)
"""Opens an improvement item; checks what somebody else has done."""
SEE_ITEMS = EVERYONE
SEE_RUNS = SEE_REPORTS
"""What is made by itself: each sees the jobs of his office."""
RUN_AGAIN = (Role.DIRECTOR, Role.ADMIN)
"""Has a run tried again; is told of what was given up."""
SEE_K3 = (Role.FINANCE, Role.DIRECTOR, Role.VP_NETWORK, Role.AUDITOR, Role.ADMIN)
"""Account map, vouchers for the finance system and what came from it (R-4.1.9)."""
EXPORT_K3 = (Role.FINANCE,)
IMPORT_K3 = (Role.FINANCE,)
MAP_K3 = (Role.FINANCE,)
"""Ask for another account map; another person signs."""
SEE_BUREAU_BILLS = SEE_MONEY
"""What the power bureau asks for, beside our figures (R-4.1.9)."""
ENTER_BUREAU_BILLS = (Role.FINANCE,)
SEE_AGREEMENT = (*SEE_MONEY, Role.LOGISTICS, Role.AFFAIRS, Role.ELECTRICIAN, Role.TECHNICIAN)
"""The board of the four parties, a building's lines and their rows (R-4.1.9)."""
IMPORT_AGREEMENT = (Role.CASHIER, Role.FINANCE, Role.ELECTRICIAN, Role.TECHNICIAN)
"""Bring in what another party says: K/3's sums, readings, the old centre's table."""
LOOK_AGREEMENT = (*IMPORT_AGREEMENT, Role.DIRECTOR)
ASK_AGREEMENT = (Role.CASHIER,)
"""Send a building's lines to be signed: that is the card room's own signature; the other parties and the director follow."""
SEE_AUDIT = (Role.AUDITOR, Role.FINANCE, Role.DIRECTOR, Role.ADMIN)
MANAGE_PEOPLE = (Role.ADMIN,)
SEE_SETTINGS = (*SEE_MONEY, *OFFICES, *WORKSHOP)
"""The numbers of the procedure; who approves money may ask for others."""
MANAGE_CHANNELS = (Role.ADMIN,)
"""Where notices go, and the mail server."""
SEE_NOTICES = SEE_MONEY
RETRY_NOTICES = (Role.DIRECTOR, Role.ADMIN)
TELL_BY_HAND = (Role.CASHIER, Role.DIRECTOR, Role.ADMIN)
"""Copies a notice into a group that no robot reaches, and marks it told."""

READS_ONLY = (Role.AUDITOR,)
"""May look at much and change nothing but his own sign-in."""
APPROVES_MONEY = (Role.FINANCE, Role.DIRECTOR, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.PRESIDENT, Role.ADMIN)
"""A stolen password must not move money or prices: they sign in with a second factor (TOTP, RFC 6238)."""
SIGNS_IN_TWICE = (*APPROVES_MONEY, Role.LEGAL)
"""Heads, finance and administrators: a second factor, whether or not they sign for money themselves."""
SIGN = tuple(role for role in EVERYONE if role not in READS_ONLY)
"""Ask for acts, sign them, take them back: each request names the offices of its own chain."""
OF_BUILDINGS = (Role.WARDEN, Role.ELECTRICIAN)
"""Serve buildings by name; without any they serve them all."""
