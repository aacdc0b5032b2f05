"""The office's front page: what is not done every day, by what it is about, as far as the reader may open it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from central.office import roles as acts
from central.office.access import roles
from central.office.doors import Door, doors_for
from central.office.words import Words
from central.workshop import doors as workshop

ROOMS: tuple[tuple[Words, tuple[Door, ...]], ...] = (
    (
        _("Rules and prices"),
        (
            Door(_("Settings"), _("Every number of the procedure, with its history."), "office:settings", acts.SEE_SETTINGS),
            Door(
                _("Policies"),
                _("Overdraft, warnings, limits, calendars, protection; what a change would do today."),
                "link:policies",
                acts.SEE_POLICIES,
            ),
            Door(
                _("Enrolment and certificates"),
                _("Which card is a building's gateway, until when; codes, revoking."),
                "link:gateways",
                acts.KEEP_GATEWAYS,
            ),
            Door(
                _("Health of the system"),
                _("This server, link and gateways: what is wrong, since when, what to do."),
                "health:page",
                acts.SEE_HEALTH,
            ),
            Door(
                _("Restored from a backup"),
                _("What a restored server still has to do; credit it never gave."),
                "link:restored",
                acts.SEE_RESTORATION,
            ),
            Door(
                _("Shared balances"),
                _("Which rooms use up one balance."),
                "link:balances",
                acts.ASK_SHARED_BALANCES,
            ),
            Door(_("Prices"), _("What a kWh costs each class, from when on."), "office:prices", acts.SEE_PRICES),
            Door(_("Repair prices"), _("What the desk takes for repairs and on behalf."), "office:repairs", acts.SEE_PRICES),
        ),
    ),
    (
        _("Cash"),
        (
            Door(_("Shifts"), _("Opened, handed over, counted and ended."), "desk:shifts", acts.SEE_MONEY),
            Door(_("Day close"), _("The day's totals, closed in order."), "desk:days", acts.SEE_MONEY),
            Door(_("Hand-in to finance"), _("Closed days handed in, and received."), "desk:hand-ins", acts.SEE_MONEY),
            Door(_("Corrections"), _("Receipts made void, and credit taken back or owed."), "desk:corrections", acts.SEE_MONEY),
            Door(_("Outage"), _("Handwritten pages, sealed vouchers, credit carried by hand."), "desk:outage", acts.SEE_MONEY),
            Door(_("Subsidies"), _("So much a head for many rooms, signed and never takings."), "desk:subsidies", acts.SEE_MONEY),
            Door(_("Refunds and departures"), _("From asking to paying; graduation."), "desk:departures", acts.SEE_MONEY),
            Door(
                _("Low balances"),
                _("Each building's list for the groups: text, picture, who was told."),
                "low_balance:lists",
                acts.SEE_LOW_BALANCES,
            ),
            Door(_("Debts"), _("Who owes what: paid, collected, split, written off."), "desk:debts", acts.SEE_DEBTS),
            Door(
                _("Power bureau's bills"),
                _("What the bureau asks for, beside our own figures."),
                "bureau:bills",
                acts.SEE_BUREAU_BILLS,
            ),
            Door(_("Roster"), _("Which crew is on duty, day by day."), "desk:roster", acts.SEE_MONEY),
        ),
    ),
    (
        _("Replaced and not metered"),
        (workshop.REPLACEMENTS, workshop.CONTROLS, workshop.TRUE_UPS),
    ),
    (
        _("Merchants"),
        (
            Door(_("Merchants"), _("Their rooms, payment cards, and what they owe."), "desk:merchants", acts.SEE_MONEY),
            Door(_("Monthly bills"), _("Made from registers, signed, paid, overdue."), "desk:bills", acts.SEE_MONEY),
            Door(_("Card lists"), _("The card system's file, and card meters' sales."), "desk:lists", acts.SEE_MONEY),
        ),
    ),
    (
        _("By itself"),
        (
            Door(_("Made by itself"), _("What runs by itself: when, what came of it."), "schedule:jobs", acts.SEE_RUNS),
            Door(_("Reports made"), _("Papers as they were made when their period was over."), "schedule:papers", acts.SEE_RUNS),
        ),
    ),
    (
        _("Finance system (K/3)"),
        (
            Door(
                _("Four-way agreement"),
                _("Each building's money, energy and balances: what differs and why, and who has signed."),
                "agreement:board",
                acts.SEE_AGREEMENT,
            ),
            Door(_("Vouchers to K/3"), _("Days that are over, as vouchers for finance's books."), "k3:exports", acts.SEE_K3),
            Door(_("Lists from K/3"), _("What finance's books say, brought in."), "k3:imports", acts.SEE_K3),
            Door(_("Account map"), _("Which account of theirs each of ours is."), "k3:map", acts.SEE_K3),
        ),
    ),
    (
        _("Meetings"),
        (
            Door(_("Meetings"), _("The weekly pack, quality reviews, the month's meeting."), "meetings:home", acts.SEE_MEETINGS),
            Door(
                _("Improvement items"),
                _("Problems with measure, owner and day; what is late."),
                "meetings:items",
                acts.SEE_ITEMS,
            ),
        ),
    ),
    (
        _("Losses and theft"),
        (
            Door(
                _("Power cases"),
                _("More missing than usual, reported theft, readings that disagree."),
                "losses:cases",
                acts.SEE_CASES,
            ),
            Door(
                _("Check of the buildings"),
                _("Each building's use of yesterday beside what is usual; who looked."),
                "low_balance:check",
                acts.SEE_LOW_BALANCES,
            ),
            Door(
                _("Rooms with unusual use"),
                _("Each month's list to ask about; what is reviewed goes upwards."),
                "losses:abnormal",
                acts.SEE_ABNORMAL,
            ),
            Door(
                _("Balances of master and subs"),
                _("Where each building's energy went, day by day."),
                "losses:balances",
                acts.SEE_BALANCES,
            ),
            Door(_("Thefts"), _("Reports, findings, penalties, appeals."), "losses:thefts", acts.SEE_CASES),
            Door(_("Report a theft"), _("In a minute, from a phone."), "losses:theft-report", acts.REPORT_THEFT),
            Door(_("Daily checks"), _("Who checked what each day, and what is missing."), "losses:checks", acts.SEE_CHECKS),
            Door(
                _("Wardens' rounds"),
                _("Floor by floor, room by room; rooms nobody has seen for long."),
                "losses:rounds",
                acts.SEE_ROUNDS,
            ),
            Door(
                _("Readings by hand"),
                _("The electricians' monthly sheets, compared with the registers and agreed."),
                "losses:readings",
                acts.SEE_READINGS,
            ),
        ),
    ),
    (
        _("Workshop"),
        (
            workshop.FAULTS,
            Door(
                _("Report a fault"),
                _("For whoever stands at the desk, or from a phone."),
                "workshop:fault-report",
                acts.REPORT_FAULTS,
            ),
            Door(
                _("Workshop"),
                _("Modules and concentrators: what waits, stock, stock-taking, labels."),
                "workshop:front",
                acts.SEE_DEVICES,
            ),
            workshop.GOODS,
            workshop.CLAIMS,
            workshop.BENCH,
            workshop.WORK_ORDERS,
        ),
    ),
    (
        _("Receipts and books"),
        (
            Door(_("Receipt books"), _("Taken in, checked page by page, issued in order."), "desk:books", acts.SEE_MONEY),
            Door(_("Bound volumes"), _("What is bound, and where it is stored."), "desk:volumes", acts.SEE_MONEY),
            Door(_("Printer of this workstation"), _("Paper and offset."), "desk:printer", acts.PRINT_RECEIPTS),
        ),
    ),
    (
        _("People"),
        (
            Door(_("People"), _("Who signs in, with which office."), "office:people", acts.MANAGE_PEOPLE),
            Door(_("Your sign-ins"), _("Where you are signed in; end what you don't know."), "office:own-sessions", acts.EVERYONE),
            Door(_("Delegations"), _("Who stands in for whom."), "office:delegations", acts.EVERYONE),
        ),
    ),
    (
        _("Notices"),
        (
            Door(_("Notices"), _("Who was told what and when; what must be told by hand."), "office:notices", acts.SEE_NOTICES),
            Door(_("To tell by hand"), _("Texts to copy into a group."), "office:by-hand", acts.TELL_BY_HAND),
            Door(_("Channels"), _("By which way each office and group is told."), "office:channels", acts.MANAGE_CHANNELS),
            Door(_("Mail server"), _("Through which all mail goes."), "office:mail-server", acts.MANAGE_CHANNELS),
            Door(_("Your notices"), _("Where your own notices go."), "office:own-mail", acts.SIGN),
        ),
    ),
    (
        _("Proof"),
        (
            Door(_("Audit log"), _("Who did what, and whether the books are whole."), "audit:log", acts.SEE_AUDIT),
            Door(_("Look up a printed hash"), _("Whether an old sheet's books are still ours."), "audit:hash", acts.SEE_AUDIT),
        ),
    ),
    (
        _("Campus"),
        (
            Door(_("Import"), _("Rooms, occupants and meters from a list."), "office:import", acts.IMPORT_CAMPUS),
            Door(_("Go-live"), _("Opening balances from the old system, with a way back."), "desk:go-live", acts.SEE_MONEY),
        ),
    ),
)  # fmt: skip
OFFICE_VIEWS = frozenset(door.view for _title, doors in ROOMS for door in doors)


@roles(*acts.EVERYONE)
@require_GET
def office_home(request: HttpRequest) -> HttpResponse:
    """Show the doors that the reader's office opens."""
    rooms = [(title, doors_for(request, doors)) for title, doors in ROOMS]
    return render(request, "dashboard/office_home.html", {"rooms": [room for room in rooms if room[1]]})
