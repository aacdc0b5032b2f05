"""What is told about claims: the mail to the maker itself, and, within the house, what the maker hasn't done by its day."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.office.notice_templates import Params, Picture, Template, WrongParameters, register
from central.office.notices import notify, was_told
from central.office.photo_models import Photo
from central.office.photos import content_of
from central.office.roles import Role
from central.workshop.claims.letter import MOST_PHOTOS
from central.workshop.claims.models import Claim
from central.workshop.claims.queries import is_overdue, standing

CLAIM_TO_MAKER = "claim-to-maker"
CLAIM_OVERDUE = "claim-overdue"
TOLD = (Role.STORE, Role.DIRECTOR)


def register_notices() -> None:
    """Add this room's templates."""
    register(
        CLAIM_TO_MAKER,
        Template(
            _("Claim to a maker"),
            _("Claim %(number)s: %(devices)s"),
            listed=_text_lines,
            pictures=_photos,
        ),
    )
    register(
        CLAIM_OVERDUE,
        Template(
            _("Claim overdue"),
            _("Claim %(number)s to %(maker)s is overdue since %(due)s"),
            (
                _("What the maker promised: %(promise_word)s"),
                _("Telephone him, and log what he says: %(link)s"),
            ),
        ),
    )


def tell_of_overdue_claims(now_ms: int) -> int:
    """Tell store keeper and director of each claim whose day is over, once for each day that was set; give how many were told."""
    told = 0
    for claim, due in [(one, is_overdue(one, now_ms)) for one in standing()]:
        key = f"claim-{claim.pk}-overdue-{due}"
        if due is None or was_told(key, CLAIM_OVERDUE, now_ms):
            continue
        params = {
            "number": claim.pk,
            "maker": claim.maker.name,
            "due": str(due),
            "promise_word": PROMISES.get(claim.promise, ""),
            "link": reverse("workshop:claim", args=[claim.pk]),
        }
        with transaction.atomic():
            notify(CLAIM_OVERDUE, params, to=TOLD, key=key, now_ms=now_ms)
        told += 1
    return told


PROMISES = {
    Claim.Promise.REPLACE: _("sends others in their place"),
    Claim.Promise.REPAIR: _("repairs them"),
    Claim.Promise.CREDIT: _("gives the money back"),
    Claim.Promise.LATER: _("answers later"),
}
"""In English, as a notice's `_word`: each reader gets it in his language."""


def _text_lines(params: Params) -> Sequence[str]:
    return str(params.get("text", "")).splitlines()


def _photos(params: Params, _language: str) -> Sequence[Picture]:
    """Give the claim's photographs, smaller: a picture that is not kept any more stops the mail, and says so."""
    digests = str(params.get("photos", "")).split()[:MOST_PHOTOS]
    kept = {one.digest: one for one in Photo.objects.filter(digest__in=digests)}
    return [
        Picture(f"{place}.jpg", partial(_fit, kept.get(digest), digest), "image/jpeg")
        for place, digest in enumerate(digests, start=1)
    ]


def _fit(photo: Photo | None, digest: str) -> bytes:
    from central.office.photo_print import for_print  # what draws is heavy: only a sender loads it

    content = content_of(photo) if photo else None
    if content is None:
        raise WrongParameters(f"the photograph {digest[:12]} is missing")
    return for_print(content)
