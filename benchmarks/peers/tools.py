"""The tools that are compared, each with what it needs and how far it goes."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attrs import frozen

from benchmarks.peers.answers import Pair

Answer = Callable[[], Mapping[str, Iterable[Pair]]]
"""Turns what a tool found into pairs, for each way to read it; not timed."""
Run = Callable[[], Answer]
"""Matches what was loaded; timed."""


@frozen(kw_only=True)
class Tool:
    """One tool.

    Attributes:
        module: Where its ``load`` is, or what else it is called.
        loader: The function that reads a saved world, and gives what to time.
        packages: Distributions it needs.
        largest: Size of a side that takes it minutes; it is not run beyond.
    """

    module: str
    loader: str = "load"
    packages: tuple[str, ...] = ()
    largest: int = 10_000_000

    def load(self, folder: Path) -> Run:
        """Import the tool, and read a saved world for it."""
        module = import_module(f"benchmarks.peers.{self.module}")
        run: Run = getattr(module, self.loader)(folder)
        return run

    def versions(self) -> dict[str, str]:
        """Say which versions are installed.

        Raises:
            PackageNotFoundError: One is not.
        """
        return {name: version(name) for name in self.packages}

    def missing(self) -> str | None:
        """Name a distribution that is not installed; None if all are."""
        for name in self.packages:
            try:
                version(name)
            except PackageNotFoundError:
                return name
        return None


TOOLS = {
    "payymo": Tool(module="ours", packages=("payymo", "numpy", "rapidfuzz")),
    "splink": Tool(module="splinked", packages=("splink", "duckdb")),
    "recordlinkage": Tool(module="linkage", packages=("recordlinkage", "pandas")),
    "dict-and-loop": Tool(module="dicts"),
    "rapidfuzz": Tool(module="all_pairs", packages=("rapidfuzz",), largest=10_000),
    "predecessor B1": Tool(
        module="predecessor", loader="load_additive", largest=20_000
    ),
    "predecessor B2": Tool(module="predecessor", loader="load_mean", largest=20_000),
}
"""By name; the first is what the others are compared with."""
