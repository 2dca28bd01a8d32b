"""Findings as a person looks at them: the first few cases, the first few ids."""

from collections.abc import Mapping, Sequence

from payymo_core.inspection import Case, Finding

MOST_CASES = 50
"""Cases of one finding that the report shows."""
_MOST_IDS = 4


def finding_rows(findings: Sequence[Finding]) -> list[Mapping[str, object]]:
    """Give one object a finding, for the report's script."""
    return [
        {
            "code": finding.code,
            "severity": finding.severity,
            "says": finding.says,
            "advice": finding.advice,
            "count": len(finding.cases),
            "cases": [
                {"says": case.says, "ids": ids_of(case)}
                for case in finding.cases[:MOST_CASES]
            ],
        }
        for finding in findings
    ]


def ids_of(case: Case) -> str:
    """Name the records concerned, the first of each kind."""
    kinds = {
        "transaction": case.transactions,
        "invoice": case.invoices,
        "customer": case.customers,
    }
    return "; ".join(_named(kind, ids) for kind, ids in kinds.items() if ids)


def _named(kind: str, ids: Sequence[str]) -> str:
    left = len(ids) - _MOST_IDS
    more = f" and {left:,} more" if left > 0 else ""
    plural = "s" if len(ids) > 1 else ""
    return f"{kind}{plural} {', '.join(ids[:_MOST_IDS])}{more}"
