"""Where and on what a figure was measured, and the file it is kept in."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("payymo", "attrs", "numpy", "rapidfuzz", "python-stdnum")


def provenance(now: datetime) -> dict[str, object]:
    """Date, commit, versions and machine, for a results file.

    Args:
        now: The caller's clock.
    """
    return {
        "date": now.isoformat(timespec="seconds"),
        "commit": commit(),
        "versions": {name: version(name) for name in LIBRARIES},
        "machine": machine(),
    }


def commit() -> str:
    """The commit, with ``+`` where the tree differs from it; "" outside git."""
    head, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain")
    return f"{head}+" if changes else head


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(ROOT), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return done.stdout.strip() if done.returncode == 0 else ""


def machine() -> dict[str, object]:
    """The processor, how many of it, and the Python on it."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def save_rows(
    head: Mapping[str, object], rows: Sequence[Mapping[str, object]], path: Path
) -> None:
    """Write a results file whose figures are a table: a row a line."""
    figures = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    text = json.dumps({**head, "rows": []}, indent=1)
    body = text.replace('"rows": []', f'"rows": [\n{figures}\n ]')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body + "\n", encoding="utf-8")


def save(figures: Mapping[str, object], path: Path) -> None:
    """Write a results file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
