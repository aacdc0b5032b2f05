"""Low balances and the daily check of the buildings (R-4.1.6): lists, their pictures, who was told, who looked."""
