"""Goods-in against the order: identity, damage, and the claim to the maker (R-4.3.1)."""
