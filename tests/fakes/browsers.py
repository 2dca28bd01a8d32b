"""A browser in place of that of who runs the tests: what it opens, a test answers."""

import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Visit = Callable[[str], None]


class _Browser(webbrowser.BaseBrowser):
    def __init__(self) -> None:
        super().__init__("payymo-tests")
        self.visits: list[Visit] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002 - as the library has it
        """Open a page, or leave it to the next browser."""
        for visit in self.visits:
            visit(url)
        return bool(self.visits)


_BROWSER = _Browser()
webbrowser.register("payymo-tests", None, _BROWSER, preferred=True)


@contextmanager
def browsing(visit: Visit) -> Iterator[None]:
    """Be the user whom a page is opened for."""
    _BROWSER.visits.append(visit)
    yield
    _BROWSER.visits.remove(visit)
