"""Texts that were cut off on their way."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from payymo_core.inspection.books import Books
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.records import Transaction

_ENOUGH = 20
"""Different texts, of which a length says something."""
_LEAST, _SHARE = 5, 0.05
"""How many of them, and which share, end at the greatest length if they are cut off."""
_PEAK = 3
"""How many times as many as have any of the next shorter lengths."""
_SHORTER = 3
_OF_ONE_SHAPE = 0.75
"""Of them, that are written alike where a format, not the bank, sets the length."""

_FIELDS: Mapping[str, Callable[[Transaction], str | None]] = {
    "remittance": lambda t: t.remittance,
    "end_to_end_id": lambda t: t.end_to_end_id,
    "counterparty.name": lambda t: t.counterparty.name if t.counterparty else None,
}


def truncated_texts(books: Books) -> Iterator[Case]:
    """Fields that end at the same length in many texts of one of our accounts."""
    held: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for transaction in books.transactions:
        for name, text_of in _FIELDS.items():
            if text := text_of(transaction):
                field = name, transaction.account or ""
                held.setdefault(field, []).append((text, transaction.id))
    for (name, account), texts in held.items():
        length = _cut_at({text for text, _ in texts})
        if length:
            cut = sorted(one for text, one in texts if len(text) == length)
            where = f" of account {account}" if account else ""
            said = f"{len(cut):,} of {len(texts):,} texts end at {length} characters"
            yield Case(
                code=FindingCode.TRUNCATED_TEXT,
                severity=Severity.WARNING,
                says=f"{name}{where}: {said}",
                transactions=tuple(cut),
            )


def _cut_at(texts: set[str]) -> int | None:
    """The greatest length, if far more texts have it than chance would give."""
    lengths = Counter(map(len, texts))
    longest = max(lengths)
    below = max(lengths[longest - step] for step in range(1, _SHORTER + 1))
    peak = lengths[longest]
    if len(texts) < _ENOUGH or peak < max(_LEAST, _SHARE * len(texts), _PEAK * below):
        return None
    shapes = Counter(_shape(text) for text in texts if len(text) == longest)
    return longest if max(shapes.values()) <= _OF_ONE_SHAPE * peak else None


_SIGN = re.compile(r"[^\W_]")


def _shape(text: str) -> str:
    """Where in a text letters or digits stand, whichever they are."""
    return _SIGN.sub("A", text)
