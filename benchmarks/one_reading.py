"""Read one statement, one record at a time, and print what it took.

python -m benchmarks.one_reading FILE
"""

import json
import sys
import time
from pathlib import Path

from benchmarks.one_run import peak, resident
from payymo_adapters.files.camt import stream_camt
from payymo_adapters.files.mt940 import stream_mt940


def main() -> None:
    """Read, and print records, seconds and bytes as JSON."""
    path = Path(sys.argv[1])
    stream = stream_camt if path.suffix == ".camt" else stream_mt940
    loaded = resident()
    start = time.perf_counter()
    records = sum(1 for _ in stream(path))
    figures = {
        "records": records,
        "seconds": time.perf_counter() - start,
        "over_bytes": max(0, peak() - loaded),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
