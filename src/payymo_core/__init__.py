"""Payymo core."""
