"""The only rooms that touch the world: serial lines, disk, broker, clock, sockets."""
