"""Balances of master and subs at central: where each group's energy went, by hour, day, month and period (R-4.2.3, R-B2)."""
