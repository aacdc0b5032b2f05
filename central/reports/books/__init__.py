"""Each account's books by period: the ledger folded into one row per account, unit and month or accounting period (R-4.1.9)."""
