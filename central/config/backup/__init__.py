"""Backups of central: what goes into one, how it is written, proved, and put back. Its form is the gateway's (ADR 19, 23).

Databases are copied while the desk sells; everything is encrypted to a key that is on paper alone.
"""
