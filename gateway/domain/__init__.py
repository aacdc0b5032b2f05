"""The rules of credit, readings and relays as pure functions. Knows no wire, no store and no clock."""
