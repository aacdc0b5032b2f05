"""Adding people, changing their office, closing and opening them, delegations: one transaction each, all on record.

A person's row is locked without its key: whoever books meanwhile what this person did holds the chain's head, and names him by it.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django_otp.plugins.otp_totp.models import TOTPDevice

from central import clock
from central.campus.models import Building
from central.ledger.operations import record_audit
from central.office.models import Delegation, User
from central.office.roles import APPROVES_MONEY, Role
from central.office.sessions import forget_sessions
from central.office.sign_in_told import RESET, tell_changed
from central.prepared import Prepared

LONGEST_DELEGATION_MS = 120 * 86_400_000
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that are taken for another when read aloud or from paper."""
_LENT = Prepared(
    lambda stand_in, begun, lasting: Delegation.objects.filter(
        stand_in=stand_in, from_ms__lte=begun, until_ms__gt=lasting, absent__is_active=True
    ).values_list("absent_id", "absent__role"),
    *(int, int, int),
)
"""Asked for every page: offices lent to a person, and by whom."""


class PeopleRefusal(StrEnum):
    """Why something about a person was not done."""

    NAME_TAKEN = "name-taken"
    OWN_ACCOUNT = "own-account"
    """Nobody changes his own office, closes himself or resets his own second factor."""
    LAST_ADMIN = "last-admin"
    SAME_PERSON = "same-person"
    OTHER_FACTOR = "other-factor"
    """Who stands in for one who approves money must sign in with a second factor of his own."""
    BACKWARDS = "backwards"
    TOO_LONG = "too-long"
    CLOSED = "closed"
    NOT_YOURS = "not-yours"


@dataclass(frozen=True, slots=True)
class Person:
    """What an administrator decides about a person."""

    name: str
    role: str
    full_name: str
    buildings: tuple[str, ...] = ()
    """Codes."""


@transaction.atomic
def add_person(person: Person, *, actor: str, now_ms: int) -> str | PeopleRefusal:
    """Add a person; give the first password, shown once and changed at the first sign-in."""
    if User.objects.filter(username__iexact=person.name).exists():
        return PeopleRefusal.NAME_TAKEN
    password = first_password()
    user = User.objects.create_user(
        person.name,
        password=password,
        role=person.role,
        last_name=person.full_name,
        must_change_password=True,
        first_password_until_ms=_until_ms(),
    )
    user.buildings.set(Building.objects.filter(code__in=person.buildings))
    _on_record(actor, "add-user", user, _about(person), now_ms)
    return password


@transaction.atomic
def change_person(user_id: int, person: Person, *, actor: User, now_ms: int) -> User | PeopleRefusal:
    """Change a person's office, name and buildings; the sign-in's name stays."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.pk == actor.pk and person.role != user.role:
        return PeopleRefusal.OWN_ACCOUNT
    if user.role == Role.ADMIN != person.role and is_last_admin(user):
        return PeopleRefusal.LAST_ADMIN
    if person.role != user.role and _has_weaker_stand_in(user, person.role, now_ms):
        return PeopleRefusal.OTHER_FACTOR
    user.role, user.last_name = person.role, person.full_name
    user.save(update_fields=["role", "last_name"])
    user.buildings.set(Building.objects.filter(code__in=person.buildings))
    _on_record(actor.get_username(), "change-user", user, _about(person), now_ms)
    return user


@transaction.atomic
def set_open(user_id: int, is_open: bool, *, actor: User, now_ms: int) -> User | PeopleRefusal:
    """Close a person (no more sign-in; what he did stays) or open him again."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.pk == actor.pk:
        return PeopleRefusal.OWN_ACCOUNT
    if not is_open and user.role == Role.ADMIN and is_last_admin(user):
        return PeopleRefusal.LAST_ADMIN
    user.is_active = is_open
    user.save(update_fields=["is_active"])
    forget_sessions(user)
    _on_record(actor.get_username(), "open-user" if is_open else "close-user", user, "", now_ms)
    return user


@transaction.atomic
def reset_sign_in(user_id: int, *, actor: User, now_ms: int) -> str | PeopleRefusal:
    """Give a person a new first password and let him set up the second factor anew: the phone was lost, or both forgotten."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.pk == actor.pk:
        return PeopleRefusal.OWN_ACCOUNT
    password = first_password()
    user.set_password(password)
    user.must_change_password = True
    user.first_password_until_ms = _until_ms()
    user.save(update_fields=["password", "must_change_password", "first_password_until_ms"])
    TOTPDevice.objects.filter(user=user).delete()
    forget_sessions(user)
    _on_record(actor.get_username(), "reset-sign-in", user, "", now_ms)
    tell_changed(user, RESET, now_ms)
    return password


@transaction.atomic
def delegate(
    absent: User, stand_in: User, from_ms: int, until_ms: int, reason: str, *, actor: User, now_ms: int
) -> Delegation | PeopleRefusal:
    """Let one person act for another from an instant to another. A person delegates himself; an administrator anybody."""
    if actor.pk != absent.pk and actor.role != Role.ADMIN:
        return PeopleRefusal.NOT_YOURS
    if refusal := _delegation_refusal(absent, stand_in, from_ms, until_ms, now_ms):
        return refusal
    made = Delegation.objects.create(
        absent=absent,
        stand_in=stand_in,
        from_ms=from_ms,
        until_ms=until_ms,
        reason=reason,
        made_by=actor.get_username(),
    )
    detail = f"by {stand_in.get_username()} {from_ms}-{until_ms}: {reason}"
    _on_record(actor.get_username(), "delegate", absent, detail, now_ms)
    return made


def _delegation_refusal(
    absent: User, stand_in: User, from_ms: int, until_ms: int, now_ms: int
) -> PeopleRefusal | None:
    if absent.pk == stand_in.pk:
        return PeopleRefusal.SAME_PERSON
    if not (absent.is_active and stand_in.is_active):
        return PeopleRefusal.CLOSED
    if absent.role in APPROVES_MONEY and stand_in.role not in APPROVES_MONEY:
        return PeopleRefusal.OTHER_FACTOR
    if until_ms <= max(from_ms, now_ms):
        return PeopleRefusal.BACKWARDS
    if until_ms - from_ms > LONGEST_DELEGATION_MS:
        return PeopleRefusal.TOO_LONG
    return None


def _has_weaker_stand_in(user: User, role: str, now_ms: int) -> bool:
    """Say whether an office that approves money would come to somebody who signs in without a second factor of his own, by a
    delegation that lasts or is to come: it is ended first."""
    lasting = Delegation.objects.filter(until_ms__gt=now_ms).exclude(until_ms=F("from_ms"))
    deputies = set(lasting.filter(absent=user).values_list("stand_in__role", flat=True))
    absent = set(lasting.filter(stand_in=user).values_list("absent__role", flat=True))
    approving = set(APPROVES_MONEY)
    return (role in approving and bool(deputies - approving)) or (
        role not in approving and bool(absent & approving)
    )


@transaction.atomic
def end_delegation(delegation_id: int, *, actor: User, now_ms: int) -> Delegation | PeopleRefusal:
    """End a delegation now, or before it began."""
    delegation = Delegation.objects.select_for_update().select_related("absent").get(pk=delegation_id)
    if actor.pk not in (delegation.absent_id, delegation.stand_in_id) and actor.role != Role.ADMIN:
        return PeopleRefusal.NOT_YOURS
    delegation.until_ms = max(delegation.from_ms, min(delegation.until_ms, now_ms))
    delegation.save(update_fields=["until_ms"])
    _on_record(actor.get_username(), "end-delegation", delegation.absent, str(delegation.pk), now_ms)
    return delegation


def roles_of(user: User, now_ms: int, *, without: int | None = None) -> frozenset[str]:
    """Give the offices that a person may act for now: his own, and those of whom he stands in for.

    `without` is a person whose own matter it is: who stands in for him doesn't act in his place there.
    """
    lent = (role for absent, role in _LENT.rows(user.pk, now_ms, now_ms) if absent != without)
    return frozenset({user.role, *lent})


def is_last_admin(user: User) -> bool:
    """Say whether nobody else could manage people."""
    return not User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk).exists()


def _until_ms() -> int:
    return clock.real_now_ms() + settings.FIRST_PASSWORD_DAYS * 86_400_000


def first_password() -> str:
    """Make a password that can be read aloud: 12 letters, 59 bits."""
    letters = [secrets.choice(LETTERS) for _ in range(12)]
    return "-".join("".join(letters[place : place + 4]) for place in (0, 4, 8))


def _about(person: Person) -> str:
    return " ".join((person.role, *person.buildings))


def _on_record(actor: str, action: str, user: AbstractBaseUser, detail: str, now_ms: int) -> None:
    record_audit(actor=actor, action=action, subject=user.get_username(), detail=detail[:400], now_ms=now_ms)
