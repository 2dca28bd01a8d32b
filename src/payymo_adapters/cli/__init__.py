"""The command line: ``payymo match``, ``evaluate``, ``explain``, ``rules``, ``demo``."""

from payymo_adapters.cli.app import main

__all__ = ["main"]
