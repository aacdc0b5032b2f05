"""The central server: desk, receipts, ledger, dashboard."""
