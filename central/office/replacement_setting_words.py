"""The words of the settings of replacements, software control and true-ups (R-4.3.5); and what a setting's words are."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as lazy

from central.office.words import Words


@dataclass(frozen=True, slots=True)
class SettingWords:
    """What a setting is called, and one sentence about it."""

    label: Words
    about: Words = ""


REPLACEMENT_WORDS: dict[str, SettingWords] = {
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
