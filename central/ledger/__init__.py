"""Double entry and the audit chain: what was booked is never changed."""
