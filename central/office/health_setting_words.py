"""The words of the settings by which the health page judges and tells. Others: `setting_names`."""

from django.utils.translation import gettext_lazy as lazy

from central.office.setting_names import SettingWords

HEALTH_WORDS: dict[str, SettingWords] = {
    "health.process-still": SettingWords(
        lazy("A process of this server stands still after"),
        lazy("Each says every few seconds, the sender of notices each minute, that it runs."),
    ),
    "health.reading-late": SettingWords(
        lazy("Readings are late after"),
        lazy("From the reading to its storing here, where the gateway has nothing else waiting."),
    ),
    "health.gateway-behind": SettingWords(
        lazy("A gateway is behind when its oldest row waits longer than"),
        lazy("After a long cut of the network it is behind by right until it has caught up."),
    ),
    "health.line-answers": SettingWords(
        lazy("Percent of questions that a line's meters answer at least"),
        lazy("Below that the line is to be looked at."),
    ),
    "health.command-waits": SettingWords(
        lazy("A command waits too long after"),
        lazy("Of a gateway that is heard; for a silent one it waits by right."),
    ),
    "health.disk-free": SettingWords(lazy("Percent of a disk that stay free at least")),
    "health.full-within": SettingWords(
        lazy("Days for which a database must still have room"), lazy("At the pace of the last month.")
    ),
    "health.certificate-days": SettingWords(lazy("Days before a certificate's end from which it is told")),
    "health.backup-age": SettingWords(lazy("A backup is old after")),
    "health.clock-off": SettingWords(
        lazy("This server's clock is wrong when gateways differ by more than"),
        lazy("By the clocks that gateways trust; three of them at least."),
    ),
    "health.tell-after": SettingWords(
        lazy("Technicians and administrators are told of what is bad after"),
        lazy("Again each day, and when it is over."),
    ),
}
