"""`cardroom-gateway commission`: from wires to rooms that are proved, with a tick for each test (R-G6).

`acts` and `standing` are the working state (pure), `notebook` keeps it, `script*` is the conversation, `stage` what a conversation
needs of a screen, `plain` and `screen` are the two screens, `trials` and `blink` speak to meters, `report` and `labels` are paper.
"""
