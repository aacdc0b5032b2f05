"""Words for a room's notices: why something was not done."""

from django.utils.translation import gettext_lazy as _

from central.desk.room_notices.operations import NoticeRefusal
from central.office.words import Words

REFUSALS: dict[NoticeRefusal, Words] = {
    NoticeRefusal.NOT_MAIL: _("Write a mail address such as name@college.edu.cn."),
    NoticeRefusal.NO_MAIL_SERVER: _("No mail can be sent yet: an administrator sets up the mail server first."),
    NoticeRefusal.NOBODY_THERE: _("Nobody occupies this room any more: there is nobody to tell."),
    NoticeRefusal.TOO_OFTEN: _("Five codes were sent for this room within a day. Try again tomorrow, or ask at the card room."),
    NoticeRefusal.NOTHING_WAITS: _("No address waits for a code. Type the address first."),
    NoticeRefusal.WRONG_CODE: _("That is not the code that was sent. Look into the mail again; it has 6 digits."),
    NoticeRefusal.CODE_OVER: _("This code is no longer good. Type the address again: a new one is sent."),
}  # fmt: skip
