"""The test bench: one meter or module through identity, energy, relay, clock and speeds; a record of it that central takes in."""
