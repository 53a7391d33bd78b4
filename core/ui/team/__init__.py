"""Who may come in, and what others do."""
