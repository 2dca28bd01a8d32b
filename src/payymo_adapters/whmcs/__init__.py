"""WHMCS: open invoices to read, and the one place where a payment is recorded."""

PROVIDER = "WHMCS"
"""Its name in every error."""
