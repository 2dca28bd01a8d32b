"""Payymo adapters."""
