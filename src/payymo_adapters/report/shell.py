"""What every page of ours has in common: its assets, its head and its policy."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

_ASSETS = files(__package__)


def asset(name: str) -> str:
    """Read a file of this package."""
    return _ASSETS.joinpath(name).read_text(encoding="utf-8")


def head(title: str, style: str, script: str | None = None) -> str:
    """Begin a page that asks no network for anything.

    The policy lets run what stands in the page and nothing else: its hashes are those
    of the one style and, where there is one, the one script.

    Args:
        title: Of the page.
        style: The content of its style element, which is written here.
        script: The content of its script element, which is written by the caller.
    """
    scripts = "" if script is None else f"script-src '{_hash(script)}'; "
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; {scripts}"
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n"
    )


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"
