"""What a run came to, for a person: figures, and one page to look at."""
