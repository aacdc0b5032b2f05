"""The electrician's monthly readings (R-4.3.7): sheet, comparison with the registers, the table that both houses sign."""
