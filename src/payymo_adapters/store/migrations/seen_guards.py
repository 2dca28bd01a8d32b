"""What revision 0006 counts for four eyes: what a decision gives, not what it gave.

Money that was given back was never posted, or was taken back: nothing of it is out.
What is posted, or may be, is never given back without that: so no order of verdicts
posts more than the sum before the second person.
"""

from attrs import evolve

from payymo_adapters.store.migrations.guards import Guard, Refusal
from payymo_adapters.store.migrations.person_guards import GUARDS as EARLIER

_NAME = "posting_waits_for_the_second_person"

REPLACED: tuple[Guard, ...] = tuple(g for g in EARLIER if g.name == _NAME)

_EVERY = "a.decision_id = NEW.decision_id"
_LIVE = f"{_EVERY} AND a.state IN ('reserved', 'settled')"

GUARDS: tuple[Guard, ...] = tuple(
    evolve(guard, condition=guard.condition.replace(_EVERY, _LIVE))
    for guard in REPLACED
    if isinstance(guard, Refusal)
)
