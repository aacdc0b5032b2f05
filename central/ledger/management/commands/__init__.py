"""Commands of Django that this app replaces."""
