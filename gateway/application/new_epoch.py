"""A store that went back in time begins a new life: by central's order, or at once when a backup was put back (C-11)."""

import msgspec

from gateway.application.alarms import clear_alarm, say_standing, station
from gateway.application.boot import epoch_name
from gateway.application.control_state import say_controls
from gateway.application.lock_outs import say_locks
from gateway.application.outbox import begin_epoch, close_epoch
from gateway.application.ports import Journal
from gateway.application.records import ONLY
from gateway.application.settle_due import write_watermark
from gateway.application.site_swaps import say_swaps
from gateway.contract.facts import Instant
from gateway.contract.identifiers import Epoch


def renew_epoch(journal: Journal, now: Instant) -> Epoch:
    """End this store's life and begin another; give its name. Balances hold until central's opening of it comes.

    All rows of the old one are at central already, or would contradict what it has: they are kept, and not sent. No command but
    that opening is taken, so that what an old life was told is not done again.
    """
    here = station(journal)
    close_epoch(journal, here.epoch)
    epoch = epoch_name(here.gateway, here.epoch, now)
    begin_epoch(journal, epoch)
    journal.keep(ONLY, msgspec.structs.replace(station(journal), epoch=epoch))
    say_standing(journal)
    say_swaps(journal)
    say_controls(journal)
    say_locks(journal)
    clear_alarm(journal, "store-behind", here.gateway, now)
    write_watermark(journal, now)
    return epoch
