"""Work that needs the power off: who is told, what they agreed to, the lock-out and its release (R-4.3.4)."""
