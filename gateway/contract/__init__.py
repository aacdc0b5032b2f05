"""What gateway and central must agree on: quantities, names, messages, signatures, topics.

Central imports this package; it knows nothing above it, does no I/O and reads no clock. The prose is docs/messages.md.
"""
