"""Cases from their opening to their end, and the photographs with them (R-4.2.3)."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from central.campus.models import Building
from central.ledger.models import AuditEntry
from central.losses.case_models import Case, CaseStep
from central.losses.cases import CaseRefusal, Matter, Refused, Step, open_case, take_step
from central.office.models import Notice, User
from central.office.photo_models import Photo
from central.office.photos import MOST_BYTES, PhotoRefusal, content_of, look
from central.office.roles import Role
from tests.central.conftest import NOW_MS

K = CaseStep.Kind


def picture(colour: str = "red", kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


@pytest.fixture
def electrician(campus: None, settings: object, tmp_path: Path) -> User:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    user = User.objects.create_user("wu", role=Role.ELECTRICIAN, email="wu@example.org")
    user.buildings.set(Building.objects.filter(code="1"))
    return user


@pytest.fixture
def matter(electrician: User) -> Matter:
    return Matter(Case.Kind.LOSS, "loss:1:g-1", Building.objects.get(code="1"), "g-1", text="5.1 %")


def opened(matter: Matter, step: str = "s-1") -> Case:
    done = open_case(matter, step, actor=None, now_ms=NOW_MS)
    assert isinstance(done, Case), done
    return done


def test_a_case_goes_from_open_to_closed_and_each_step_is_kept_with_its_photographs(matter, electrician):
    case = opened(matter)
    for number, (kind, said) in enumerate(
        [
            (K.ACKNOWLEDGED, {}),
            (K.ARRIVED, {}),
            (K.FOUND, {"text": "bare joint at the riser", "finding": "leakage", "photos": [picture()]}),
            (K.CLOSED, {"text": "joint renewed"}),
        ]
    ):
        case = take_step(
            case.pk, Step(kind, f"x-{number}", NOW_MS, **said), actor=electrician, now_ms=NOW_MS + number
        )
        assert isinstance(case, Case), case
    assert (case.state, case.finding, case.closed_ms) == ("closed", "leakage", NOW_MS + 3)
    steps = CaseStep.objects.filter(case=case)
    assert [step.kind for step in steps] == ["opened", "acknowledged", "arrived", "found", "closed"]
    photo = Photo.objects.get()
    assert steps[3].photos == [photo.digest]
    assert (photo.kind, photo.width, photo.height, content_of(photo)) == ("jpeg", 40, 30, picture())
    assert AuditEntry.objects.filter(action="case-found", subject=str(case.pk)).exists()


def test_one_case_of_a_matter_stands_and_the_same_again_is_seen_again(matter):
    case = opened(matter)
    assert opened(matter).pk == case.pk == opened(matter, "s-2").pk
    assert [step.kind for step in case.steps.all()] == ["opened", "seen-again"]
    assert Notice.objects.filter(template="case-opened").count() == 1


def test_a_closed_matter_opens_another_case(matter, electrician):
    case = opened(matter)
    step = Step(K.CLOSED, "x", NOW_MS, "nothing", "nothing")
    assert isinstance(take_step(case.pk, step, actor=electrician, now_ms=NOW_MS), Case)
    assert opened(matter, "s-2").pk != case.pk


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Step(K.FOUND, "x", NOW_MS, finding="theft"), CaseRefusal.NO_WORDS),
        (Step(K.FOUND, "x", NOW_MS, "a cable"), CaseRefusal.NO_FINDING),
        (Step(K.FOUND, "x", NOW_MS, "a cable", "ghosts"), CaseRefusal.NO_FINDING),
        (Step(K.CLOSED, "x", NOW_MS, "done"), CaseRefusal.NO_FINDING),
        (Step(K.NOTED, "s-1", NOW_MS, "again"), CaseRefusal.EXISTS_WITH_DIFFERENT),
        (Step(K.NOTED, "x", NOW_MS, "look", photos=[b"GIF89a"]), CaseRefusal.PHOTO_NOT_A_PICTURE),
        (Step(K.NOTED, "x", NOW_MS, "look", photos=[picture(kind="BMP")]), CaseRefusal.PHOTO_NOT_A_PICTURE),
    ],
)
def test_what_is_not_whole_is_refused_by_name_and_changes_nothing(matter, electrician, step, why):
    case = opened(matter)
    done = take_step(case.pk, step, actor=electrician, now_ms=NOW_MS)
    assert isinstance(done, Refused)
    assert done.why is why
    assert Case.objects.get().state == "open"
    assert CaseStep.objects.count() == 1


def test_other_words_under_the_same_name_do_not_vanish(matter, electrician):
    case = opened(matter)
    first, other = Step(K.NOTED, "x", NOW_MS, " as sent "), Step(K.NOTED, "x", NOW_MS, "other words")
    for _time in range(2):
        assert isinstance(take_step(case.pk, first, actor=electrician, now_ms=NOW_MS), Case)
    refused = take_step(case.pk, other, actor=electrician, now_ms=NOW_MS)
    assert refused == Refused(CaseRefusal.EXISTS_WITH_DIFFERENT, "x")


def test_who_serves_other_buildings_takes_no_step_here(matter):
    case = opened(matter)
    other = User.objects.create_user("lu", role=Role.ELECTRICIAN)
    other.buildings.set(
        Building.objects.exclude(code="1")[:1] or [Building.objects.create(code="9", name="9")]
    )
    done = take_step(case.pk, Step(K.ACKNOWLEDGED, "x", NOW_MS), actor=other, now_ms=NOW_MS)
    assert done == Refused(CaseRefusal.NOT_HIS_BUILDING, str(case.pk))


def test_a_phones_late_step_takes_no_case_back_and_its_clock_is_not_believed_far_ahead(matter, electrician):
    case = opened(matter)
    take_step(case.pk, Step(K.FOUND, "x", NOW_MS, "cable", "theft"), actor=electrician, now_ms=NOW_MS)
    late = Step(K.ARRIVED, "y", NOW_MS + 86_400_000)
    assert take_step(case.pk, late, actor=electrician, now_ms=NOW_MS + 5).state == "found"
    assert CaseStep.objects.get(step="y").at_ms == NOW_MS + 5


def test_the_electrician_who_serves_the_building_is_told(matter, electrician):
    User.objects.create_user("all", role=Role.ELECTRICIAN, email="all@example.org")
    opened(matter)
    assert Notice.objects.get(template="case-opened").audience == ["wu"]


def test_a_picture_that_unpacks_to_too_much_is_refused():
    assert look(b"x" * (MOST_BYTES + 1)) is PhotoRefusal.TOO_LARGE
    assert look(picture(kind="PNG", size=(9_000, 9_000))) is PhotoRefusal.TOO_LARGE
    assert look(picture()[:200]) is PhotoRefusal.NOT_A_PICTURE
