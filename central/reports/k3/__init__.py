"""The finance system Kingdee K/3: vouchers for it, and what it says of its books (R-4.1.9). Tried on no real K/3: docs/k3.md."""
