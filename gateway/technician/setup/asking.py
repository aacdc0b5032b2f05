"""Asks central for the building's place until it is given or refused: which address, which trust, and how long to wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.adapters.central_web import NoAnswer, Refused, WebTrouble
from gateway.contract.enrolment import EnrolRefusal
from gateway.technician.findings import Finding, lines_of
from gateway.technician.setup.central_words import no_answer_finding, refusal_finding
from gateway.technician.setup.clock import now_shown
from gateway.technician.setup.dialogue import Dialogue
from gateway.technician.setup.enrol import Enrolled, Keys, enrol, falls_back
from gateway.technician.setup.places import Places
from gateway.words import say

ASK_AGAIN_S = 5.0
UNTRUSTED = frozenset({WebTrouble.TLS_NOT_TRUSTED, WebTrouble.TLS_DATES})


@dataclass(slots=True)
class Asking:
    """One code at one central. `urls`: those still to be tried, best first."""

    dialogue: Dialogue
    places: Places
    letters: str
    urls: list[str]
    trust_any: bool = False

    def until_answered(self, keys: Callable[[], Keys | Finding], wait_s: float) -> Enrolled | Finding:
        """Ask until central takes the code, or says why not. A living gateway's place is waited for.

        `keys` makes them where they are missing; a revoked pair was put aside by then, and is made anew once.
        """
        give_up, renewed = time.monotonic() + wait_s, False
        told = ""
        while True:
            pair = keys()
            if isinstance(pair, Finding):
                return pair
            came = self._once(pair)
            if isinstance(came, Enrolled):
                return came
            if isinstance(came, NoAnswer):
                return no_answer_finding(came, now_shown())
            if came.refusal == EnrolRefusal.REVOKED_KEY and not renewed:
                renewed = True
                self._put_keys_aside()
                continue
            if came.refusal != EnrolRefusal.GATEWAY_IS_ALIVE or time.monotonic() + ASK_AGAIN_S > give_up:
                return refusal_finding(came.refusal)
            if told != came.refusal:
                self.dialogue.tell(lines_of([refusal_finding(came.refusal)]))
                told = came.refusal
            self._wait(give_up)

    def _wait(self, give_up: float) -> None:
        left_min = int(give_up - time.monotonic()) // 60 + 1
        self.dialogue.tell(
            say("... waiting for the administrator, {left} min more; Ctrl-C stops", left=left_min)
        )
        time.sleep(ASK_AGAIN_S)

    def _put_keys_aside(self) -> None:
        """A revoked key may be on a stolen card, too: it is never used again."""
        self.dialogue.tell(say("Central has revoked the keys on this card; it makes new ones."))
        for path in (self.places.key, self.places.tls_key):
            path.replace(path.with_name(f"{path.name}.revoked"))

    def _once(self, keys: Keys) -> Enrolled | NoAnswer | Refused:
        """Try each address. An untrusted certificate is passed over where the person agrees: the code proves more."""
        failed: list[NoAnswer] = []
        for url in list(self.urls):
            self.dialogue.tell(say("Asking {url} ...", url=url))
            came = self._post(url, keys)
            if not isinstance(came, NoAnswer):
                self.urls[:] = [url]
                return came
            failed.append(came)
            if not falls_back(came):
                break
        return failed[-1]

    def _post(self, url: str, keys: Keys) -> Enrolled | NoAnswer | Refused:
        came = enrol(self.letters, url, keys, self.places.tls_key, trust_any=self.trust_any)
        if not isinstance(came, NoAnswer) or came.trouble not in UNTRUSTED:
            return came
        self.dialogue.tell(lines_of([no_answer_finding(came, now_shown())]))
        if not self.dialogue.confirm(say("Go on, proved by the code?")):
            return came
        self.trust_any = True
        return enrol(self.letters, url, keys, self.places.tls_key, trust_any=True)
