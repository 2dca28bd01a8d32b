"""Put each bug of ``core/bugs.toml`` into a copy of the core: its laws have to fail.

    python -m tests.bugs [WORD ...]

With words, only the bugs whose names or laws hold one of them. Says of each law whether
it caught the bug, and ends with 1 where one did not. Takes some minutes, so it is run
by hand, when laws or what they look at change.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

ROOT = Path(__file__).resolve().parents[1]
LAWS = Path(__file__).parent / "core"
BUGS = Path(__file__).parent / "core" / "bugs.toml"


@frozen(kw_only=True)
class Bug:
    """A replacement in one module of the core.

    Attributes:
        name: What is wrong with it then.
        laws: The tests that have to fail, of ``test_laws.py`` where no file is named.
        module: Name of the file.
        old: What stands there now, once.
        new: What is put in its place.
    """

    name: str
    laws: Sequence[str]
    module: str
    old: str
    new: str

    def put_into(self, core: Path) -> None:
        """Break a copy of the core."""
        path = core / self.module
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            msg = f"{self.module} does not hold once: {self.old}"
            raise ValueError(msg)
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def bugs() -> list[Bug]:
    """All of the file."""
    return [Bug(**held) for held in tomllib.loads(BUGS.read_text("utf-8"))["bug"]]


def caught(bug: Bug) -> Iterator[tuple[str, bool]]:
    """Each law of a bug, and whether it fails."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        bug.put_into(source / "payymo_core")
        for law in bug.laws:
            yield law, _fails(law, source)


def _fails(law: str, source: Path) -> bool:
    # The survey profile does not shrink: that it fails is all that is asked.
    env: Mapping[str, str] = {
        **os.environ,
        "PYTHONPATH": str(source),
        "HYPOTHESIS_PROFILE": "survey",
    }
    file, _, name = law.rpartition("::")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = subprocess.run(
        [*command, f"{LAWS / (file or 'test_laws.py')}::{name}"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=env,
        text=True,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    return done.returncode == 1


def main(words: Sequence[str]) -> int:
    """Try the bugs asked for."""
    missed = 0
    for bug in bugs():
        told = " ".join((bug.name, *bug.laws))
        if words and not any(word in told for word in words):
            continue
        print(bug.name, flush=True)
        for law, fails in caught(bug):
            print(f"  {'caught' if fails else 'MISSED'} by {law}", flush=True)
            missed += not fails
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
