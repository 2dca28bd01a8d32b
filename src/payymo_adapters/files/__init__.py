"""Readers of statement and ledger files."""
