"""Replacements: module out, module in, registers; rooms without metering and their true-up (R-4.3.5)."""
