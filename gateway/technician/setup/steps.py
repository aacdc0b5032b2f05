"""The steps of a set-up, in order; each ends in what the next one needs or in a finding that says why not."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.technician.findings import Finding, Level, lines_of
from gateway.technician.setup.asking import Asking
from gateway.technician.setup.checks import check_machine, known_address
from gateway.technician.setup.clock import mend_clock
from gateway.technician.setup.dialogue import Dialogue
from gateway.technician.setup.enrol import Enrolled, code_of, make_keys, urls_of
from gateway.technician.setup.files import of_another, write_all, write_language
from gateway.technician.setup.places import Places
from gateway.technician.setup.service import (
    ANSWER_PATIENCE_S,
    LINK_PATIENCE_S,
    start_service,
    wait_for_answer,
    wait_for_link,
)
from gateway.words import language, say, was_asked

CODE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What was given by options; None is asked for."""

    central: str | None
    code: str | None
    wait_min: int
    start: bool


@dataclass(slots=True)
class Outcome:
    """What was found and done. `told`: how many findings the person has seen already."""

    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, str | int | bool] = field(default_factory=dict)
    told: int = 0
    is_usage: bool = False
    """The question made no sense: what was typed as an option can't be."""

    @property
    def untold(self) -> list[Finding]:
        return self.findings[self.told :]

    def has(self, code: str) -> bool:
        """Say whether something was found."""
        return any(finding.code == code for finding in self.findings)

    def tell(self, dialogue: Dialogue, findings: Iterable[Finding]) -> None:
        """Note findings, and show them now."""
        new = list(findings)
        self.findings += new
        dialogue.tell(lines_of(new))
        self.told = len(self.findings)


def set_up(dialogue: Dialogue, wish: Wish, places: Places) -> Outcome:
    """Make this Pi a gateway. Raises NoPerson, OSError (nothing is half done), KeyboardInterrupt, EOFError."""
    outcome = Outcome()
    places.make()
    if dialogue.is_there and not dialogue.has_agreed and not was_asked():
        dialogue.choose_language()
    write_language(places, language())
    urls, letters = _address(dialogue, wish, places), _code(dialogue, wish)
    wrong = [one for one in (urls, letters) if isinstance(one, Finding)]
    if isinstance(urls, Finding) or isinstance(letters, Finding):
        return Outcome(wrong, is_usage=True)
    asking = Asking(dialogue, places, letters, urls)
    enrolled = asking.until_answered(lambda: make_keys(places), wish.wait_min * 60)
    if isinstance(enrolled, Finding):
        return Outcome([enrolled])
    _become(dialogue, wish, places, enrolled, outcome)
    return outcome


def _become(dialogue: Dialogue, wish: Wish, places: Places, enrolled: Enrolled, outcome: Outcome) -> None:
    """From central's answer on: ask, write, start, look."""
    answer = enrolled.answer
    names = {"gateway": answer.gateway, "building": answer.building, "name": answer.building_name}
    outcome.facts = {
        **names,
        "had_gateway": answer.had_gateway,
        "is_same": answer.is_same,
        "central": enrolled.url,
    }
    refused = of_another(places, answer.gateway)
    if refused is not None:
        outcome.findings.append(refused)
        outcome.facts = {}
        return
    dialogue.tell(say("This Pi becomes the gateway of building {building} ({name}): {gateway}.", **names))
    if answer.is_same:
        dialogue.tell(
            say("It is that already, by its own key; it gets a new certificate and its settings again.")
        )
    elif answer.had_gateway:
        dialogue.tell(say("It takes the place of the gateway that the building had."))
    if not dialogue.confirm(say("Go on?")):
        outcome.findings.append(_declined())
        outcome.facts = {}
        return
    outcome.tell(dialogue, [mend_clock(answer.central_ms, dialogue, may_set=places.is_machine)])
    outcome.tell(dialogue, write_all(places, enrolled))
    outcome.tell(dialogue, [_written(places)])
    if wish.start:
        _start(dialogue, places, outcome)
    outcome.tell(dialogue, check_machine(places))


def _start(dialogue: Dialogue, places: Places, outcome: Outcome) -> None:
    refused = start_service(places)
    if refused is not None:
        outcome.tell(dialogue, [refused])
        return
    dialogue.tell(
        say("Waiting until the gateway answers, {seconds} s at most ...", seconds=ANSWER_PATIENCE_S)
    )
    runs = wait_for_answer(places)
    outcome.tell(dialogue, [runs])
    if runs.level is Level.GOOD:
        dialogue.tell(say("Waiting for the link, {seconds} s at most ...", seconds=LINK_PATIENCE_S))
        outcome.tell(dialogue, [wait_for_link(places)])


def _address(dialogue: Dialogue, wish: Wish, places: Places) -> list[str] | Finding:
    typed = wish.central or dialogue.ask(
        say("Central's address, such as cards.example.edu:"), "--central", known_address(places)
    )
    for _ in range(CODE_TRIES):
        urls = urls_of(typed)
        if urls is not None:
            return urls
        wrong = Finding(
            "central", Level.BAD, "no-address", say("{typed} is no address.", typed=typed),
            next_step=say("Type central's name as it stands on its page “Enrolment and certificates”, without blanks."),
        )  # fmt: skip
        if wish.central or not dialogue.is_there:
            return wrong
        dialogue.tell(lines_of([wrong]))
        typed = dialogue.ask(say("Central's address, such as cards.example.edu:"), "--central")
    return wrong


def _code(dialogue: Dialogue, wish: Wish) -> str | Finding:
    question = say("The enrolment code, 16 characters from central's page “Enrolment and certificates”:")
    letters = code_of(wish.code or dialogue.ask(question, "--code"))
    for _ in range(CODE_TRIES):
        if isinstance(letters, str) or wish.code or not dialogue.is_there:
            break
        dialogue.tell(lines_of([letters]))
        letters = code_of(dialogue.ask(question, "--code"))
    return letters


def _written(places: Places) -> Finding:
    return Finding(
        "files",
        Level.GOOD,
        "written",
        say("Keys, certificate and {config} are written.", config=places.config),
    )


def _declined() -> Finding:
    what = say("Nothing was written: you did not agree.")
    why = say("Central has given the building's place to this Pi's key all the same.")
    next_step = say(
        "For another building, run setup again with that building's code; tell the administrator of this one."
    )
    return Finding("setup", Level.BAD, "declined", what, why, next_step)
