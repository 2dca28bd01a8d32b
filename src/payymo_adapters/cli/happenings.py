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
    yield f"version {detail['version']}{': ' if said else ''}{', '.join(said)}"
    changed = detail.get("changed")
    if changed:
        yield f"changed: {', '.join(map(_changed, changed))}"


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
    parts = ", ".join(
        f"{Decimal(a['amount']):,f} to {a['invoice']}" for a in detail["allocations"]
    )
    pays = f"{detail['transaction']} pays {parts or 'nothing'}"
    yield f"decision {detail['decision']}: {pays}"
    if "confidence" in detail:
        yield f"{detail['outcome']} at {percentage(detail['confidence'])}"
    reasons = map(reason_told, detail.get("reasons", ()))
    if why := " ".join(reasons):
        yield f"why a person is asked: {why}"
    if detail.get("reason"):
        yield str(detail["reason"])


def _noted(detail: _Detail) -> Iterator[str]:
    for key, value in detail.items():
        if key == "subject":
            yield str(value)
        elif value:
            yield f"{key} {_plain(value)}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_TELLERS: Mapping[str, Callable[[_Detail], Iterator[str]]] = {
    "recorded": _recorded,
    "match.proposed": _decided,
    "match.chosen": _decided,
}
