"""The cash desk: payments, receipts, credit."""
