"""The report engine: rows in, tables and charts out. It knows no room, no price and no database."""
