"""The conversation on a full screen, by textual: for a terminal of 80x24 and a phone's SSH client. Only this room knows it.

One page at a time: title, lines, rows to pick, keys. Single letters and Enter do everything, arrows or j and k move, digits pick
one of the first nine rows. Nothing is said by colour alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, ProgressBar, Static
from textual.widgets.option_list import Option

from gateway.technician.commission.stage import BACK, Choice, Key, Page, Question, Stage, Work, printable
from gateway.words import say

HELP = "?"
SHOW_EVERY_S = 0.2
LAST_LINES = 200
DIGITS = 9

CSS = """
Screen { layout: vertical; }
#title { height: auto; text-style: bold reverse; padding: 0 1; }
#text { height: auto; max-height: 60%; padding: 0 1; }
#lines { height: auto; }
#rows, #rows:focus { height: 1fr; border: none; padding: 0; background: ansi_default; color: ansi_default; }
#rows > .option-list--option-highlighted, #rows:focus > .option-list--option-highlighted {
    background: ansi_default; color: ansi_default; text-style: bold reverse;
}
#typed { border: tall $foreground; }
#bar { padding: 0 1; height: auto; }
#keys { dock: bottom; height: auto; padding: 0 1; text-style: reverse; }
.away { display: none; }
"""


class CommissionScreen(App[None]):
    """The screen. `hold` is the conversation; the app ends with it."""

    CSS = CSS
    TITLE = "cardroom-gateway commission"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [Binding("ctrl+c", "leave", priority=True, show=False), Binding("ctrl+q", "leave", show=False)]

    def __init__(self, hold: Callable[[Stage], Awaitable[None]]) -> None:
        super().__init__(ansi_color=True)
        self._hold = hold
        self._page = Page("")
        self._answer: asyncio.Future[Choice | str | None] | None = None
        self._help_shown = False
        self._key_words: list[str] = []
        self._pointed: int | None = None
        self._work: Work | None = None
        self._can_stop = False
        self.conversation: asyncio.Task[None] | None = None
        """Awaited by whoever runs the app: a relay that is open is closed before it ends."""

    # ---- life ----------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        with VerticalScroll(id="text", can_focus=False):
            yield Static(id="lines", markup=False)
        yield ProgressBar(id="bar", classes="away", show_eta=False)
        yield OptionList(id="rows", markup=False)
        yield Input(id="typed", classes="away")
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        self.conversation = asyncio.create_task(self._converse(), name="commission")

    async def _converse(self) -> None:
        try:
            await self._hold(self)
        finally:
            self.exit()

    def action_leave(self) -> None:
        """Ctrl-C: everything is written already."""
        if self.conversation is not None:
            self.conversation.cancel()

    # ---- the stage -----------------------------------------------------------------------------------------------

    async def choose(self, page: Page) -> Choice:
        """Show a page, wait for a key or a picked row."""
        marked = self._marked() if page.title == self._page.title else ""
        self._show(page)
        names = [row.name for row in page.rows]
        if marked in names:
            self._rows.highlighted = names.index(marked)
        answer = await self._answered()
        assert isinstance(answer, Choice), "a page is answered by a choice"
        return answer

    async def ask(self, question: Question) -> str | None:
        """Show a question, wait for Enter or Escape."""
        lines = [*question.lines, *([question.help] if question.help else [])]
        keys = [Key("Enter", say("done")), Key("Esc", say("back"))]
        self._show(Page(question.title, [*lines, f"{question.text}:"], keys=keys), back=False)
        typed = self._typed
        typed.value = question.default
        typed.remove_class("away")
        self._rows.add_class("away")
        typed.focus()
        while (
            (answer := await self._answered()) is not None and question.needed and not printable(str(answer))
        ):
            pass
        typed.add_class("away")
        self._rows.remove_class("away")
        return printable(answer) or None if isinstance(answer, str) else None

    async def tell(self, title: str, lines: Sequence[str]) -> None:
        """Show until Enter, a blank or q."""
        keys = [Key("Enter", say("go on"))]
        self._show(Page(title, lines, keys=keys), back=False)
        await self._answered()

    @asynccontextmanager
    async def working(self, title: str, *, can_stop: bool = True) -> AsyncIterator[Work]:
        """Show the last lines of long work, a bar, and a key that stops it."""
        work = self._work = Work(title)
        self._can_stop = can_stop
        self._show(Page(title, keys=[Key("s", say("stop"))] if can_stop else []), back=False)
        follower = self.set_interval(SHOW_EVERY_S, self._show_work)
        try:
            yield work
        finally:
            follower.stop()
            self._work = None
            self.query_one("#bar").add_class("away")

    # ---- showing -------------------------------------------------------------------------------------------------

    @property
    def _rows(self) -> OptionList:
        return self.query_one("#rows", OptionList)

    @property
    def _typed(self) -> Input:
        return self.query_one("#typed", Input)

    def _show(self, page: Page, *, back: bool = True) -> None:
        self._page, self._help_shown = page, False
        self.query_one("#title", Static).update(page.title)
        self.query_one("#lines", Static).update("\n".join(page.lines))
        self.query_one("#text", VerticalScroll).scroll_home(animate=False)
        rows = self._rows
        rows.clear_options()
        self._pointed = None
        rows.add_options([Option(_numbered(place, row.text)) for place, row in enumerate(page.rows, start=1)])
        rows.set_class(not page.rows, "away")
        if page.rows:
            rows.highlighted = 0
            rows.focus()
        else:
            self.set_focus(None)
        words = [f"{key.key} {key.word}" for key in page.keys]
        if back:
            words += [f"{BACK} {page.back or say('back')}", say("? help")]
        self._key_words = words
        self._show_keys()

    def _show_keys(self) -> None:
        """Show the keys in as many lines as it takes, no word of a key apart from its letter."""
        lines: list[str] = [""]
        for word in self._key_words:
            longer = f"{lines[-1]}  {word}" if lines[-1] else word
            if cell_len(longer) <= self.size.width - 2:
                lines[-1] = longer
            else:
                lines.append(word)
        self.query_one("#keys", Static).update("\n".join(lines))

    def on_resize(self) -> None:
        """A phone is turned."""
        self._show_keys()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Mark the row by a sign, too: colours are not for everybody."""
        for place in (self._pointed, event.option_index):
            if place is not None and place < min(self._rows.option_count, len(self._page.rows)):
                text = _numbered(place + 1, self._page.rows[place].text, pointed=place == event.option_index)
                self._rows.replace_option_prompt_at_index(place, text)
        self._pointed = event.option_index

    def _show_work(self) -> None:
        work = self._work
        if work is None:
            return
        self.query_one("#lines", Static).update("\n".join([*work.lines[-LAST_LINES:], work.status]))
        self.query_one("#text", VerticalScroll).scroll_end(animate=False)
        bar = self.query_one("#bar", ProgressBar)
        bar.set_class(not work.total, "away")
        if work.total:
            bar.update(total=work.total, progress=work.done)

    def _marked(self) -> str:
        place = self._rows.highlighted
        return self._page.rows[place].name if place is not None and place < len(self._page.rows) else ""

    # ---- answers -------------------------------------------------------------------------------------------------

    async def _answered(self) -> Choice | str | None:
        self._answer = asyncio.get_running_loop().create_future()
        try:
            return await self._answer
        finally:
            self._answer = None

    def _give(self, answer: Choice | str | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._give(Choice("", self._page.rows[event.option_index].name))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._give(event.value)

    def on_key(self, event: events.Key) -> None:
        if self._typed.has_focus:
            if event.key == "escape":
                self._give(None)
            return
        letter = printable(event.character or "").lower()
        if self._work is not None:
            self._work.stopped = self._work.stopped or (letter == "s" and self._can_stop)
        elif letter == HELP:
            self._toggle_help()
        elif letter in {key.key for key in self._page.keys} | {BACK} or event.key == "escape":
            self._give(Choice(BACK if event.key == "escape" else letter, self._marked()))
        elif letter in ("j", "k") and self._page.rows:
            self._rows.action_cursor_down() if letter == "j" else self._rows.action_cursor_up()
        elif letter.isdigit() and 1 <= int(letter) <= min(DIGITS, len(self._page.rows)):
            self._give(Choice("", self._page.rows[int(letter) - 1].name))
        elif not self._page.rows and event.key in ("enter", "space"):
            self._give(Choice("", ""))

    def _toggle_help(self) -> None:
        self._help_shown = not self._help_shown
        told = (
            [self._page.help or say("There is no more to say here.")]
            if self._help_shown
            else self._page.lines
        )
        self.query_one("#lines", Static).update("\n".join(told))


def _numbered(place: int, text: str, *, pointed: bool = False) -> str:
    """A row with the digit that picks it, for the first nine, and a sign where it is marked."""
    return f"{'>' if pointed else ' '}{place if place <= DIGITS else ' '} {text}"
