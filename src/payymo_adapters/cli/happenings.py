"""What happened to a record, as ``payymo history`` says it."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from payymo_adapters.cli.telling import reason_told
from payymo_adapters.store.histories import Happening
from payymo_core.money import written
from payymo_core.naming import percentage, shortened

_AMOUNTS = ("amount", "fee", "outstanding", "total")
_Detail = Mapping[str, Any]


def happening_told(happening: Happening) -> str:
    """A happening in words, on one line."""
    who = f" by {happening.actor}" if happening.actor else ""
    tell = _TELLERS.get(happening.action, _noted)
    if "kind" in happening.detail and "posting" in happening.detail:
        tell = _posted
    said = "; ".join(tell(happening.detail))
    return f"{happening.at:%Y-%m-%d %H:%M} {happening.action}{who}: {said}"


def happening_json(happening: Happening) -> str:
    """The same as an object on one line, with its codes."""
    said = {
        "at": happening.at.isoformat(),
        "action": happening.action,
        **({"actor": happening.actor} if happening.actor else {}),
        **happening.detail,
    }
    return json.dumps(said, ensure_ascii=False)


def _recorded(detail: _Detail) -> Iterator[str]:
    said = []
    if "gross" in detail:
        said = [written(Decimal(detail["gross"]), detail["currency"])]
    elif "outstanding" in detail:
        owed = written(Decimal(detail["outstanding"]), detail["currency"])
        said = [f"{owed} is owed"]
    said += [detail["status"]] if said else []
    said += [f"due {detail['due_date']}"] if "due_date" in detail else []
    said += [f"of {detail['day']}"] if "day" in detail else []
    said += [repr(shortened(detail["text"]))] if "text" in detail else []
    said += map(_as_sent, detail.get("sent", {}).items())
    yield f"version {detail['version']}{': ' if said else ''}{', '.join(said)}"
    changed = detail.get("changed")
    if changed:
        yield f"changed: {', '.join(map(_changed, changed))}"


def _as_sent(field: tuple[str, str]) -> str:
    return f"{field[0]} {shortened(field[1])}"


def _changed(change: Mapping[str, str | None]) -> str:
    name = str(change["field"])
    before, now = (_value(name, change[key]) for key in ("from", "to"))
    return f"{name.replace('_', ' ')} from {before} to {now}"


def _value(name: str, value: str | None) -> str:
    if value is None:
        return "nothing"
    if name in _AMOUNTS:
        try:
            return f"{Decimal(value):,f}"
        except InvalidOperation:  # a provider's own field of that name
            return shortened(value)
    return shortened(value)


def _decided(detail: _Detail) -> Iterator[str]:
    pays = f"{detail['transaction']} pays {_parts(detail) or 'nothing'}"
    yield f"decision {detail['decision']}: {pays}"
    if "confidence" in detail:
        yield f"{detail['outcome']} at {percentage(detail['confidence'])}"
    reasons = map(reason_told, detail.get("reasons", ()))
    if why := " ".join(reasons):
        yield f"why a person is asked: {why}"


def _noted(detail: _Detail) -> Iterator[str]:
    for key, value in detail.items():
        if key == "subject":
            yield str(value)
        elif value:
            yield f"{key} {_plain(value)}"


def _parts(detail: _Detail) -> str:
    """What invoices get."""
    return ", ".join(
        f"{Decimal(a['amount']):,f} to {a['invoice']}" for a in detail["allocations"]
    )


def _posted(detail: _Detail) -> Iterator[str]:
    """A step of a posting; what a provider said, or what a posting was noted for."""
    money = written(Decimal(detail["amount"]), detail["currency"])
    said = f"{detail['kind']} of {money} to invoice {detail['subject']}"
    yield f"posting {detail['posting']}: {said}"
    yield f"decision {detail['decision']} on {detail['transaction']}"
    if detail.get("fault"):
        yield str(detail["fault"])
    yield f"key {detail['key']}"


def _rest_settled(detail: _Detail) -> Iterator[str]:
    parts = _parts(detail)
    yield f"decision {detail['decision']}: {detail['subject']} pays {parts}"
    if detail.get("reason"):
        yield f"the rest is put aside: {detail['reason']}"


def _lapsed(detail: _Detail) -> Iterator[str]:
    number, name = detail["decision"], detail["transaction"]
    yield f"decision {number} on {name} is proposed no more"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_TELLERS: Mapping[str, Callable[[_Detail], Iterator[str]]] = {
    "recorded": _recorded,
    "match.proposed": _decided,
    "match.chosen": _decided,
    "match.lapsed": _lapsed,
    "match.rest_settled": _rest_settled,
}
