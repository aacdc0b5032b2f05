"""Claims to makers: written from what was found, mailed with the photographs, telephoned about, followed to their end (R-4.3.1)."""
