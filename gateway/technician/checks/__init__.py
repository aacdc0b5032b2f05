"""One matter per file: facts are gathered from where they lie, judged without any I/O, and told as findings."""
