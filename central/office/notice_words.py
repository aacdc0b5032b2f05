"""The reader's words for what notices meet: troubles of sending, mistakes in an address, refusals. Each says what to do next."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from central.domain.notice import State, Trouble
from central.domain.notice_address import Mistake
from central.office.channels import ChannelRefusal
from central.office.words import Badge

STATES: dict[str, Badge] = {
    State.QUEUED: Badge(_("waits to be sent"), "info", "wait"),
    State.SENDING: Badge(_("is being sent"), "info", "wait"),
    State.SENT: Badge(_("sent"), "good", "done"),
    State.GAVE_UP: Badge(_("given up"), "bad", "fail"),
    State.BY_HAND_WAITING: Badge(_("to be told by hand"), "warn", "todo"),
    State.BY_HAND_DONE: Badge(_("told by hand"), "good", "done"),
}
TRYING_AGAIN = Badge(_("failed, is tried again"), "warn", "clash")

TROUBLES: dict[str, str | Promise] = {
    Trouble.UNKNOWN_HOST: _(
        "The server's name is unknown. Check the address, and this server's network and DNS."
    ),
    Trouble.UNREACHABLE: _(
        "The server can't be reached. Check host and port, and whether a firewall lets this server out."
    ),
    Trouble.TIMED_OUT: _(
        "The server didn't answer in time. It is tried again; check the network if it goes on."
    ),
    Trouble.UNTRUSTED: _(
        "The connection can't be protected: the server's certificate is not trusted, or it offers no TLS of this kind."
    ),
    Trouble.HTTP_ERROR: _("The server answered, but not as this kind of channel does. Check the address."),
    Trouble.WRONG_KEY: _(
        "The server doesn't know the key. The robot was removed or its address reset: copy its address again."
    ),
    Trouble.TOO_OFTEN: _("Too many messages in a short time. It goes on by itself in some minutes."),
    Trouble.NOT_PERMITTED: _(
        "The robot's safety settings refuse it: keyword, signature or this server's address. Compare them with the channel."
    ),
    Trouble.REFUSED: _("The server refuses the message and says why."),
    Trouble.SIGN_IN_REFUSED: _(
        "The mail server refuses the sign-in. Check user and password (many need a code made for programs)."
    ),
    Trouble.SENDER_REFUSED: _("The mail server doesn't let this sender write. Check the sender's address."),
    Trouble.RECIPIENT_REFUSED: _("The mail server refuses the recipient. Check the address."),
    Trouble.WRONG_ADDRESS: _("The channel's address can't be used. Type it again."),
    Trouble.ADDRESS_UNREADABLE: _(
        "The stored address can't be read: the data folder's key has changed. Type the address again."
    ),
    Trouble.NO_ADDRESS: _("The person has no mail address any more."),
    Trouble.NO_MAIL_SERVER: _("No mail server is set. Set it on the page of the mail server."),
    Trouble.CHANNEL_CLOSED: _("The channel was closed."),
    Trouble.NO_TEMPLATE: _("The notice can't be put into words by this version of the program."),
    Trouble.UNFORESEEN: _(
        "The program met something that it doesn't know. Tell the developer the word in brackets."
    ),
}

MISTAKES: dict[Mistake, str | Promise] = {
    Mistake.NOT_AN_ADDRESS: _(
        "This is no address of this kind. Copy it whole from the robot's page; OneBot's looks like http://127.0.0.1:3000."
    ),
    Mistake.OTHER_KIND: _(
        "This address belongs to another kind of channel. Choose that kind, or copy the other address."
    ),
    Mistake.NO_KEY: _("The address holds no key. Copy it whole, with all that follows the question mark."),
    Mistake.BAD_SECRET: _(
        "Only DingTalk's signing secret and OneBot's token go here: letters and digits. Leave it empty otherwise."
    ),
    Mistake.NO_GROUP: _("Type the QQ group's number: digits only."),
    Mistake.NOT_MAIL: _("Write mail addresses such as name@college.edu.cn, with commas between them."),
    Mistake.TOO_MANY: _("At most 20 addresses in one channel. Make a second one."),
}

REFUSALS: dict[ChannelRefusal, str | Promise] = {
    ChannelRefusal.NAME_TAKEN: _("Another channel has this name. Choose another name."),
    ChannelRefusal.CLOSED: _("The channel is closed. Open it again first."),
    ChannelRefusal.OWN_MAIL: _("This is a person's own mail; he sets it himself."),
    ChannelRefusal.NOT_GIVEN_UP: _("It is not waiting any more: look at the log."),
    ChannelRefusal.ALREADY_TOLD: _("Somebody has told it already, or the channel was closed."),
    ChannelRefusal.PASSWORD_FOR_OTHER: _(
        "The password that is kept was typed for another server. Type it again, or choose to send without one."
    ),
    ChannelRefusal.NOT_MAIL: _("Write a mail address such as name@college.edu.cn."),
}


def trouble_words(trouble: str, detail: str) -> str:
    """Say a trouble in the reader's words, with the other side's word behind it."""
    if not trouble:
        return ""
    words = str(TROUBLES.get(trouble, trouble))
    return f"{words} ({detail})" if detail else words
