"""Where a person is signed in: each session is noted at its first page, listed for its person, and ended from elsewhere.

A session's key stands in a table beside its person; whoever could read it there could read Django's own table as well.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from central import clock
from central.ledger.operations import record_audit
from central.office.client_address import client_address
from central.office.models import SignedIn, User

SEEN_KEY = "last_act_ms"
BEGAN_KEY = "began_ms"
"""Session key: when it was first seen with its person signed in. A sign-out empties the session."""
NOTED_KEY = "noted_as"
"""Session key: under which key it was noted; a changed password gives it another one."""
PROGRAMS = (
    *(("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome")),
    *(("Safari", "Safari"), ("cardroom", "cardroom")),
)
SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("HarmonyOS", "HarmonyOS"), ("iPhone", "iPhone")),
    *(("iPad", "iPad"), ("Mac OS", "macOS"), ("Linux", "Linux")),
)
"""As they stand in what a browser says of itself, the telling ones first."""


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One session as its person sees it; instants in the world's milliseconds."""

    began_ms: int
    last_ms: int
    address: str
    browser: str
    is_here: bool


def note(request: HttpRequest) -> None:
    """Note a session that is not noted yet under the key it has now."""
    key, noted = request.session.session_key, request.session.get(NOTED_KEY)
    if key is None or noted == key:
        return
    SignedIn.objects.filter(session_key=noted).delete()
    told = {
        "user": request.user,
        "began_ms": request.session[BEGAN_KEY],
        "address": client_address(request),
        "browser": browser_of(request.headers.get("user-agent", "")),
    }
    SignedIn.objects.update_or_create(session_key=key, defaults=told)
    request.session[NOTED_KEY] = key


def browser_of(said: str) -> str:
    """Give a browser's program and system; "" for what says neither."""
    found = (next((name for mark, name in names if mark in said), "") for names in (PROGRAMS, SYSTEMS))
    return " · ".join(filter(None, found))


def sessions_of(user: User, here: str | None = None) -> list[OwnSession]:
    """Give a person's sessions that still last, the latest used first; `here` is the key of the one that asks."""
    noted = {one.session_key: one for one in SignedIn.objects.filter(user=user)}
    alive = Session.objects.filter(pk__in=noted, expire_date__gt=clock.local(clock.real_now_ms()))
    found = []
    for session in alive:
        one, last_ms = noted[session.pk], session.get_decoded().get(SEEN_KEY, 0)
        if session.pk == here or is_lasting(one.began_ms, last_ms, clock.real_now_ms()):
            found.append(OwnSession(one.began_ms, last_ms, one.address, one.browser, session.pk == here))
    return sorted(found, key=lambda one: (one.is_here, one.last_ms), reverse=True)


def is_lasting(began_ms: int, last_ms: int, now_ms: int) -> bool:
    """Say whether a session's time is not over, and it was used lately."""
    lasts_ms, idle_ms = settings.LONGEST_SESSION_HOURS * 3_600_000, settings.IDLE_SIGN_OUT_MINUTES * 60_000
    return 0 <= now_ms - began_ms < lasts_ms and 0 <= now_ms - last_ms < idle_ms


@transaction.atomic
def end_sessions(user: User, *, actor: str, now_ms: int, but: str | None = None) -> int:
    """End a person's sessions, all but one where it is named; give how many still lasted. On record."""
    lasting = sum(not one.is_here for one in sessions_of(user, but))
    forget_sessions(user, but=but)
    name = user.get_username()
    record_audit(actor=actor, action="end-sessions", subject=name, detail=str(lasting), now_ms=now_ms)
    return lasting


def forget_sessions(user: User, *, but: str | None = None) -> None:
    """Let a person's sessions open nothing any more; inside the transaction of what ends them."""
    ended = SignedIn.objects.filter(user=user).exclude(session_key=but)
    Session.objects.filter(pk__in=list(ended.values_list("session_key", flat=True))).delete()
    ended.delete()


def sweep() -> int:
    """Remove notes of sessions whose time is over; give how many."""
    over_ms = clock.real_now_ms() - settings.LONGEST_SESSION_HOURS * 3_600_000
    return SignedIn.objects.filter(began_ms__lt=over_ms).delete()[0]
