"""The words of the settings that the workshop reads: goods, claim, fault, work, true-up, control. Others: `setting_names`."""

from django.utils.translation import gettext_lazy as lazy

from central.office.setting_names import SettingWords

WORKSHOP_WORDS: dict[str, SettingWords] = {
    "goods.check-within": SettingWords(
        lazy("Days in which a delivered device is checked"),
        lazy("What waits longer is marked on the page of goods-in."),
    ),
    "claim.call-within": SettingWords(
        lazy("Days in which the maker is telephoned about a claim"),
        lazy("A claim without a logged call is marked after that."),
    ),
    "claim.reply-within": SettingWords(
        lazy("Days in which a maker answers a claim"),
        lazy("Counted from the sending, unless he named a day. Then store keeper and director are told."),
    ),
    "fault.same-day-until": SettingWords(
        lazy("Until when a fault is the same day's"),
        lazy("What is opened later is to be solved on the next day."),
    ),
    "fault.same-day-hour": SettingWords(
        lazy("Hour by which a fault is solved"), lazy("What is not solved by then goes up.")
    ),
    "fault.closes-after": SettingWords(
        lazy("Days after which a solved fault is closed"), lazy("Unless it is seen again meanwhile.")
    ),
    "fault.resident-reports": SettingWords(
        lazy("Reports of faults from a room in a day"), lazy("On the residents' own page.")
    ),
    "work.notice-hours": SettingWords(
        lazy("Rooms are told before the power is off for work"),
        lazy("Who is told later counts only with a yes."),
    ),
    "work.silence-hours": SettingWords(
        lazy("Silence counts as agreeing after"),
        lazy(
            "From when the room was told of the time. 0: silence never counts. Protected rooms always need a yes."
        ),
    ),
    "work.refusals-percent": SettingWords(
        lazy("Rooms of a hundred that may refuse"),
        lazy("Of those with somebody in them; with more refusals the work needs a head's decision."),
    ),
    "work.late-minutes": SettingWords(
        lazy("Tell of work that takes longer after"),
        lazy("After the agreed end, the residents and the head are told."),
    ),
    "work.phone": SettingWords(
        lazy("Phone on notices of work"), lazy("Printed on the notice for the corridor, for questions.")
    ),
    "true-up.least-minutes": SettingWords(
        lazy("Shortest interval that is trued up"),
        lazy("A replacement that took less time is billed to nobody."),
    ),
    "true-up.alone-up-to": SettingWords(
        lazy("Figure that one person may put in place of the estimate"),
        lazy("Where it differs by more, others sign before the customer is told."),
    ),
    "true-up.grace-days": SettingWords(
        lazy("Time to pay a true-up"),
        lazy("From when the customer was told; nothing is taken from his credit before."),
    ),
    "true-up.wrong-days": SettingWords(
        lazy("How far back a module that counted wrong is corrected"),
        lazy("Never before its last good check."),
    ),
    "control.remind-days": SettingWords(
        lazy("Technician reminded of a room under software control"),
        lazy("Again after as many days while it stands."),
    ),
    "control.head-days": SettingWords(
        lazy("Head told of a room under software control"), lazy("Again after as many days while it stands.")
    ),
}
