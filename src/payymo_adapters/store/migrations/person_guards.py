"""What revision 0004 leaves to persons.

Nothing in doubt is sent again, or given up, unless a person says so; and what posts
more than the tenant's sum is not planned before a second person confirmed it.
"""

from payymo_adapters.store.migrations.decision_guards import GUARDS as EARLIER
from payymo_adapters.store.migrations.decision_guards import transitions
from payymo_adapters.store.migrations.guards import Guard, Refusal

REPLACED: tuple[Guard, ...] = tuple(g for g in EARLIER if g.name == "posting_state")

_DECISION = (
    "SELECT 1 FROM match_decisions d WHERE d.tenant = NEW.tenant"
    " AND d.id = NEW.decision_id AND d.seconded_by IS NULL"
)
_ALLOCATED = (
    "SELECT SUM(ABS(a.amount)) FROM allocations a WHERE a.tenant = NEW.tenant"
    " AND a.decision_id = NEW.decision_id"
)
_ABOVE = (
    "SELECT f.above FROM four_eyes f WHERE f.tenant = NEW.tenant"
    " AND f.currency = NEW.currency"
)

GUARDS: tuple[Guard, ...] = (
    Refusal(
        "posting_state",
        "postings",
        "UPDATE OF state",
        transitions(
            "planned > sending stopped",
            "sending > planned confirmed unknown refused",
            "unknown > sending confirmed refused",
        )
        + " AND NOT (NEW.kind = 'reversal' AND OLD.state = 'refused'"
        " AND NEW.state = 'planned')",
    ),
    Refusal(
        "posting_in_doubt_is_a_persons",
        "postings",
        "UPDATE OF state",
        "OLD.state = 'unknown' AND NEW.state IN ('sending', 'refused')"
        " AND OLD.ruled_by IS NULL",
    ),
    Refusal(
        "posting_is_ruled_by_a_person",
        "postings",
        "UPDATE OF ruled_by",
        "NEW.ruled_by IN ('', 'payymo')",
    ),
    # An answer to what was sent again says nothing of what was sent before.
    Refusal(
        "posting_stays_in_doubt",
        "postings",
        "UPDATE OF state",
        "OLD.state = 'sending' AND OLD.ruled_by IS NOT NULL"
        " AND NEW.state IN ('planned', 'refused')",
    ),
    Refusal(
        "decision_begins_unseconded",
        "match_decisions",
        "INSERT",
        "NEW.seconded_by IS NOT NULL",
    ),
    Refusal(
        "decision_is_seconded_by_another_person",
        "match_decisions",
        "UPDATE OF seconded_by, actor, state",
        "NEW.seconded_by IS NOT NULL AND (NEW.seconded_by IN ('', 'payymo', NEW.actor)"
        " OR NEW.actor = 'payymo' OR OLD.state <> 'active')",
    ),
    Refusal(
        "posting_waits_for_the_second_person",
        "postings",
        "INSERT",
        f"NEW.kind = 'payment' AND EXISTS ({_DECISION})"
        f" AND ({_ALLOCATED}) > ({_ABOVE})",
    ),
)
