"""When a line rests for a moment after a relay command, so that its read-back does not wait behind a poll. Pure.

A contact needs some tens of milliseconds to move, and is looked at then. A poll that begins just before the look delays it by
nearly its length. So a poll that would still be on the wire then is kept back, when little is lost by it; on a slow line, where a
poll is longer than the contact's time, it goes ahead.

    |-- command --|-- poll --|.rest.|-- status --|-- current --|         9600 baud
    |-- command --|-------- poll --------|-- status --|-- current --|    2400 baud

And one read-back is followed by another, a closing by its first at once: whoever was answered is given a moment to ask on, which
the queue would else give to a poll before he is awake.
"""

LOOK_AFTER_S = 0.09
"""From a command's acknowledgement to its read-back: the contact's 80 ms, and the commit between."""
LONGEST_REST_S = 0.04
"""A cut may cost the line no more than this."""
ASKS_ON_WITHIN_S = 0.005
"""What a caller needs to wake up and ask his next question."""


class LookRest:
    """One line's memory of its last command and of what a poll takes. Time is the caller's."""

    def __init__(self) -> None:
        self._look_at_s = 0.0
        self._asks_on_until_s = 0.0
        self._poll_s = 0.0

    @property
    def is_look_expected(self) -> bool:
        """Whether a read-back was still to come when it was last asked; looked at before each poll."""
        return self._look_at_s > 0 or self._asks_on_until_s > 0

    def note_command(self, now_s: float) -> None:
        """A meter took a relay command: it will be looked at."""
        self._look_at_s = now_s + LOOK_AFTER_S
        self._asks_on_until_s = now_s + ASKS_ON_WITHIN_S

    def note_looked(self, now_s: float) -> None:
        """A read-back was answered: only another one right behind it is to be waited for."""
        self._look_at_s = 0.0
        self._asks_on_until_s = now_s + ASKS_ON_WITHIN_S

    def note_poll(self, spent_s: float) -> None:
        """An answered poll took so long."""
        self._poll_s = spent_s

    def rest_s(self, now_s: float) -> float:
        """Say how long a poll is to be kept back now; 0 when it may go."""
        if now_s < self._asks_on_until_s:
            return self._asks_on_until_s - now_s
        self._asks_on_until_s = 0.0
        left_s = self._look_at_s - now_s
        if left_s <= 0:
            self._look_at_s = 0.0
        return left_s if 0 < left_s <= LONGEST_REST_S and self._poll_s > left_s else 0.0
