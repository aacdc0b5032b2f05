"""The rules of metering, credit and cut-off, as plain functions of their arguments. Knows no store, no wire and no clock."""
