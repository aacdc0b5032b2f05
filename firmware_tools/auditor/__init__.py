"""A second opinion on the ledgers: what both databases say, recomputed with arithmetic of its own, beside the meters' true energy.

It shares no code with what it checks: plain SQL, integers, and the published meaning of the tables. It writes nothing.
"""
