"""A theft of power from its report to its end: notices, the electrician's minutes, finding, penalty, appeal, evidence (R-4.2.4)."""
