"""The use cases: what happens when a fact or a command arrives, one transaction each. Knows no wire and no clock."""
