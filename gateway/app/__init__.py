"""Joins plugs to sockets: the daemon, made of adapters, loops and use cases. Nothing else knows all of them."""
