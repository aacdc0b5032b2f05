"""One asyncio task per file. A loop asks a port, hands the result to a use case, and waits; it decides nothing itself."""
