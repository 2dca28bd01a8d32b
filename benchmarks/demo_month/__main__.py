"""Write the demo's files anew."""

from pathlib import Path

from benchmarks.demo_month.files import invoices_csv, statement_xml, truth_jsonl
from benchmarks.demo_month.kinds import MIX
from benchmarks.demo_month.month import Month

SEED = 2026
HOME = Path(__file__).resolve().parents[2] / "src" / "payymo_adapters" / "demo"


def demo_files() -> dict[str, str]:
    """Make the files: name -> content."""
    month = Month.seeded(SEED)
    for kind, count in MIX:
        for _ in range(count):
            kind(month)
    return {
        "statement.xml": statement_xml(month),
        "invoices.csv": invoices_csv(month),
        "truth.jsonl": truth_jsonl(month),
    }


if __name__ == "__main__":
    for name, content in demo_files().items():
        (HOME / name).write_text(content, encoding="utf-8", newline="")
        print(HOME / name)
