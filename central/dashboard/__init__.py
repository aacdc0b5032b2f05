"""Live pages: what is supplied, what is not, and why."""
