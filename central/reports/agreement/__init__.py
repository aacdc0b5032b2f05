"""The four-way agreement (R-4.1.9): sources gathered, gaps explained, signed, locked. How: docs/four-way-agreement.md."""
