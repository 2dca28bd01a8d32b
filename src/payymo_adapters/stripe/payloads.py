"""The objects of Stripe's answers as they came, to be kept beside what they mean."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from payymo_adapters.http import HttpRequest, HttpResponse
from payymo_adapters.stripe.ledger import Ledger, charge_behind

_KINDS = frozenset({"balance_transaction", "charge", "dispute", "refund"})
# A link that lets anybody in, and one that is another at every look.
_LEFT_OUT = frozenset({"client_secret", "receipt_url"})


@define
class Payloads:
    """Takes note of every answer; asked before, it has none."""

    _held: dict[str, dict[str, Any]] = field(factory=dict, repr=False)

    def answer(self, request: HttpRequest) -> None:
        """What a request was answered before: nothing is kept from one to the next."""

    def keep(self, request: HttpRequest, response: HttpResponse) -> None:
        """Take note of an answer."""
        del request
        if response.status != 200:
            return
        try:
            found = list(_objects(json.loads(response.body)))
        except (ValueError, RecursionError):
            return  # the flow will say what is wrong with it
        for each in found:
            before = self._held.get(each["id"])
            # A charge says more where its payment intent is given in full.
            if before is None or isinstance(each.get("payment_intent"), dict):
                self._held[each["id"]] = each

    def of(self, found: Ledger) -> dict[str, str]:
        """What each line of a ledger was made of, by the line's id, as JSON."""
        payloads = {}
        for line in found.lines:
            names = dict.fromkeys((line.id, line.source, charge_behind(line)))
            parts = [self._held[name] for name in names if name in self._held]
            payloads[line.id] = json.dumps(
                [_without_more(part) for part in parts], ensure_ascii=False
            )
        return payloads


def _objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects within an answer, the outer ones last."""
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    for each in inner:
        yield from _objects(each)
    if isinstance(value, dict) and value.get("object") in _KINDS and value.get("id"):
        yield value


def _without_more(value: Any, depth: int = 0) -> Any:
    """An object with the ids of those that are kept beside it."""
    if isinstance(value, list):
        return [_without_more(each, depth + 1) for each in value]
    if not isinstance(value, Mapping):
        return value
    if depth and value.get("object") in _KINDS:
        return value.get("id")
    return {
        key: _without_more(each, depth + 1)
        for key, each in value.items()
        if key not in _LEFT_OUT
    }
