"""How all runs: facts gathered, judged by `domain/health_judgement`, shown as a page, as metrics, on a terminal, and told."""
