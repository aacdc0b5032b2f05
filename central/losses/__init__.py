"""Where the power went: balances of master and subs, suspects, rounds, theft cases, readings by hand. It sells nothing itself."""
