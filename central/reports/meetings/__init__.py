"""Weekly meetings, quality reviews, cross-department meetings, and the improvement items that come out of them (R-4.2.6, R-5.1)."""
