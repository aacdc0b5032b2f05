"""`cardroom-gateway setup`: a blank card becomes a building's gateway, by central's address and one code (R-G6)."""
