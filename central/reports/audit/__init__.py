"""The audit log as people read it: every act and every movement of money, found, put into words, taken away, verified."""
