"""What is made by itself: jobs with their due instants, each run on record, missed ones caught up."""
