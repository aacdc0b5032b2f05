"""Stock: what lies where, how much is missing, labels and lists, stock-taking (R-4.3.3a)."""
