"""The daemon's events in words. A log line's `event` is a stable code; this is what it means to a technician."""

from gateway.words import mark

EVENTS = {
    "started": mark("The daemon has started."),
    "stopping": mark("The daemon was told to stop."),
    "stopped": mark("The daemon could not go on, and says why."),
    "failed": mark(
        "The daemon met a fault of its own and stopped; systemd starts it again. Send `cardroom-gateway "
        "diag` to support."
    ),
    "commissioned": mark("The registry was taken: so many lines and meters are at work."),
    "meter-unusable": mark("A meter's row in the registry can't be used."),
    "registry-damaged": mark("The registry can't be read."),
    "registry-does-not-follow": mark("The registry could not be written; it is tried again each minute."),
    "link-up": mark("The link to the broker is up."),
    "link-down": mark("The link to the broker is down; it is tried again."),
    "birth-failed": mark("The first message of a connection could not be sent."),
    "not-acknowledged": mark("Central did not acknowledge in time; the rows are sent again."),
    "message-refused": mark("A message was not believed or not understood."),
    "command-taken": mark("A command of central's was taken."),
    "command-not-taken": mark("A command of central's was not taken: its number or its time is wrong."),
    "command-not-stored": mark("A command could not be stored; central sends it again."),
    "command-failed": mark("A command of central's could not be done, by a fault of the daemon's."),
    "relay-commanded": mark("A relay was told."),
    "relay-settled": mark("A relay was read back, and that is that."),
    "relay-not-driven": mark("A relay could not be driven."),
    "account-not-quarantined": mark("An account should be put in quarantine and could not be."),
    "reading-not-booked": mark(
        "A reading could not be booked, by a fault of the daemon's: the meter's account waits for a person."
    ),
    "line-told-the-time": mark("A line's meters were told the time."),
    "address-refused": mark("A meter refused its new address."),
    "address-settled": mark("It is known where a meter answers that was given another address."),
    "clock-trust-changed": mark("Whether the clock is believed has changed."),
    "store-full": mark("Nothing can be stored: the disk is full, or somebody holds the store."),
    "store-has-room-again": mark("The store has room again."),
    "loops-stalled": mark("A part of the daemon does not get on."),
    "loops-move-again": mark("That part of the daemon gets on again."),
    "order-failed": mark("A technician's command failed, by a fault of the daemon's."),
    "certificate-renewed": mark("The gateway's certificate was renewed."),
    "certificate-not-renewed": mark("The gateway's certificate could not be renewed; it is tried again."),
    "registry-told": mark("Central was told what the registry has."),
    "registry-not-told": mark("Central could not be told what the registry has; it is tried again."),
    "stream-failed": mark("A technician's listening ended, by a fault of the daemon's."),
    "systemd-not-told": mark("systemd could not be told that all is well."),
}
