"""The command line: ``payymo`` and its commands."""

from payymo_adapters.cli.app import main

__all__ = ["main"]
