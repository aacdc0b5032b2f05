"""A resident's own page, public: by room and PIN it shows that room and nothing else (R-B7)."""
