"""A whole simulated campus on one machine: real serial lines (ptys), real daemons, a real broker, a real server.

It only starts the product's own commands and acts as people do: it imports nothing of gateway or central.
"""
