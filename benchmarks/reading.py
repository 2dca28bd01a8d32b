"""How much memory reading a long bank statement takes, over the interpreter (Linux).

    python -m benchmarks.reading --megabytes 20 200

The statement is written for it, and read in a process of its own (``one_reading``).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from attrs import frozen

from benchmarks.report import ROOT

MIB = 1 << 20
SEED = 26
CAMT_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt><Stmt><Id>2026-00005</Id>
<Acct><Id><IBAN>DE64999000994711000100</IBAN></Id><Ccy>EUR</Ccy></Acct>
"""
CAMT_FOOT = "</Stmt></BkToCstmrStmt></Document>\n"
CAMT = """<Ntry><Amt Ccy="EUR">{euros}.{cents}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-05-04</Dt></BookgDt><ValDt><Dt>2026-05-04</Dt></ValDt>
<AcctSvcrRef>260504E{place:08}</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>PAYER {payer}</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>DE64999000{account:012}</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Invoice KN-2026-{place:08}, thank you</Ustrd></RmtInf>
</TxDtls></NtryDtls></Ntry>
"""
MT940_HEAD = """:20:STATEMENT
:25:DE64999000994711000100
:28C:1/1
:60F:C260504EUR100,00
"""
MT940_FOOT = ":62F:C260504EUR100,00\n-\n"
MT940 = """:61:2605040504C{euros},{cents}NTRFNONREF//260504E{place:08}
:86:166?00CREDIT?20SVWZ+Invoice KN-2026-?21{place:08}, thank you
?30BYLADEM1?31DE64999000{account:012}?32PAYER {payer}
"""


@frozen
class Format:
    """How a statement of a format is written: what comes first, each time, and last."""

    head: str
    entry: str
    foot: str


FORMATS = {
    "camt": Format(CAMT_HEAD, CAMT, CAMT_FOOT),
    "mt940": Format(MT940_HEAD, MT940, MT940_FOOT),
}


def entries(wanted: Format, size: int) -> Iterator[str]:
    """Entries that come to so many bytes."""
    draw, written, place = Random(SEED), 0, 0
    while written < size:
        text = wanted.entry.format(
            place=place,
            euros=draw.randrange(1, 5_000),
            cents=f"{draw.randrange(100):02}",
            payer=draw.randrange(40_000),
            account=draw.randrange(10**12),
        )
        yield text
        written, place = written + len(text), place + 1


def write(path: Path, wanted: Format, size: int) -> None:
    """Write a statement of so many bytes."""
    with path.open("w", encoding="ascii") as out:
        out.write(wanted.head)
        out.writelines(entries(wanted, size))
        out.write(wanted.foot)


def measure(path: Path) -> str:
    """One line of the table."""
    command = (sys.executable, "-m", "benchmarks.one_reading", str(path))
    done = subprocess.run(  # noqa: S603 - our own modules
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout)
    cells = (
        f"{path.suffix[1:]}, {path.stat().st_size / 1e6:,.0f} MB",
        f"{found['records']:,}",
        f"{found['seconds']:.0f} s",
        f"{found['over_bytes'] / MIB:,.0f} MiB",
    )
    return "".join(f"{cell:>16}" for cell in cells)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure how statements are read.")
    parser.add_argument("--megabytes", type=int, nargs="+", default=[20, 200])
    wanted = parser.parse_args()
    titles = ("statement", "records", "read in", "peak over it")
    print("".join(f"{title:>16}" for title in titles), flush=True)
    for megabytes in wanted.megabytes:
        for name, form in FORMATS.items():
            with TemporaryDirectory() as folder:
                path = Path(folder, f"statement.{name}")
                write(path, form, megabytes * 1_000_000)
                print(measure(path), flush=True)


if __name__ == "__main__":
    main()
