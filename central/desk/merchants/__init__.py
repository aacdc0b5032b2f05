"""Merchants (R-4.2.1): payment cards, the card system's file, card meters' imported sales, monthly bills."""
