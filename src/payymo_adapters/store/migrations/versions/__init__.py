"""One module a revision; released ones do not change."""
