"""`cardroom-gateway shadow`: run beside the old system, change nothing in any meter, and compare balances until they agree (R-G6).

`old_list` reads what the old system exports, `following` reads meters on lines that refuse to write, `judging` compares (pure).
"""
