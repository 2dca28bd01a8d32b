"""Splink on DuckDB, with the columns, blocks and training that served it best.

What was tried and was worse: blocking on the amount alone (its blocks explode with
prices that many pay), training inside blocks of one payer (it learns to tell payers
apart, not invoices), names compared as lists (ten times slower, no better).
"""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.peers.answers import Pair
from benchmarks.peers.tools import Answer, Run

COLUMNS = Path(__file__).with_name("splink_columns.sql")
SURE = 0.5
"""Probability from which the best pair is accepted."""
FAINT = 0.01
"""Probability below which a pair is not kept."""

TRANSACTIONS = {
    "id": "VARCHAR",
    "amount": "DECIMAL(18, 3)",
    "currency": "VARCHAR",
    "booking_date": "DATE",
    "status": "VARCHAR",
    "remittance": "VARCHAR",
    "creditor_reference": "VARCHAR",
    "end_to_end_id": "VARCHAR",
    "counterparty": "STRUCT(name VARCHAR, iban VARCHAR, account VARCHAR)",
    "fee": "DECIMAL(18, 3)",
    "metadata": "MAP(VARCHAR, VARCHAR)",
}
INVOICES = {
    "id": "VARCHAR",
    "outstanding": "DECIMAL(18, 3)",
    "currency": "VARCHAR",
    "number": "VARCHAR",
    "due_date": "DATE",
    "status": "VARCHAR",
    "creditor_reference": "VARCHAR",
    "references": "MAP(VARCHAR, VARCHAR)",
    "customer": (
        "STRUCT(name VARCHAR, company VARCHAR, ibans VARCHAR[], accounts VARCHAR[])"
    ),
}

NAMES_ALIKE = (
    "greatest(jaro_winkler_similarity(name_l, name_r), "
    "jaro_winkler_similarity(name_l, other_name_r)) >= {}"
)
DAYS_APART = "abs(day_l - day_r) <= {}"
SETTINGS = SettingsCreator(
    link_type="link_only",
    comparisons=[
        comparisons.CustomComparison(
            output_column_name="refs",
            comparison_levels=[
                levels.CustomLevel(
                    "len(refs_l) = 0 or len(refs_r) = 0", "nothing said"
                ).configure(is_null_level=True),
                levels.CustomLevel("list_contains(refs_l, number_r)", "the number"),
                levels.CustomLevel("list_has_any(refs_l, refs_r)", "any reference"),
                levels.ElseLevel(),
            ],
        ),
        comparisons.CustomComparison(
            output_column_name="amount",
            comparison_levels=[
                levels.NullLevel("amount"),
                levels.ExactMatchLevel("amount", term_frequency_adjustments=True),
                levels.CustomLevel(
                    "least(amount_l, amount_r) >= 0.9 * greatest(amount_l, amount_r)",
                    "a tenth apart",
                ),
                levels.ElseLevel(),
            ],
        ),
        comparisons.CustomComparison(
            output_column_name="name",
            comparison_levels=[
                levels.NullLevel("name"),
                levels.CustomLevel(
                    "name_l = name_r or name_l = other_name_r", "the name"
                ),
                levels.CustomLevel(NAMES_ALIKE.format(0.92), "nearly the name"),
                levels.CustomLevel(NAMES_ALIKE.format(0.8), "like the name"),
                levels.ElseLevel(),
            ],
        ),
        comparisons.ExactMatch("account"),
        comparisons.CustomComparison(
            output_column_name="day",
            comparison_levels=[
                levels.NullLevel("day"),
                levels.CustomLevel(DAYS_APART.format(3), "three days"),
                levels.CustomLevel(DAYS_APART.format(14), "two weeks"),
                levels.CustomLevel(DAYS_APART.format(45), "six weeks"),
                levels.ElseLevel(),
            ],
        ),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("currency", "refs", arrays_to_explode=["refs"]),
        block_on("currency", "amount", "starts", arrays_to_explode=["starts"]),
        block_on("currency", "amount", "account"),
    ],
)

# Of two payments that are as likely, the earlier pays: the other is a second payment.
BEST_OF_INVOICE = """
qualify row_number() over (
    partition by unique_id_r
    order by round(match_probability, 6) desc, day_l, unique_id_l
) = 1
"""
BEST_OF_BOTH = f"""{BEST_OF_INVOICE}
and row_number() over (
    partition by unique_id_l order by match_weight desc, unique_id_r
) = 1
"""


def load(folder: Path) -> Run:
    """Read the records into tables of DuckDB."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    _read(
        connection, "transaction_records", folder / "transactions.jsonl", TRANSACTIONS
    )
    _read(connection, "invoice_records", folder / "invoices.jsonl", INVOICES)
    return lambda: _run(connection)


def _read(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    columns: Mapping[str, str],
) -> None:
    connection.execute(
        f"create table {table} as select * from read_json($path, "  # noqa: S608 - ours
        f"format = 'newline_delimited', columns = {dict(columns)!r})",
        {"path": str(path)},
    )


def _run(connection: duckdb.DuckDBPyConnection) -> Answer:
    connection.execute(COLUMNS.read_text(encoding="utf-8"))
    linker = _trained(DuckDBAPI(connection=connection))
    edges = linker.inference.predict(threshold_match_probability=FAINT).physical_name
    readings = {"one to one": BEST_OF_BOTH, "any number a payment": BEST_OF_INVOICE}
    for place, chosen in enumerate(readings.values()):
        connection.execute(
            f"create table best_{place} as "  # noqa: S608 - ours
            "select unique_id_l, unique_id_r, match_weight, match_probability "
            f"from {edges} {chosen}"
        )
    return lambda: {
        name: _pairs(connection, f"best_{place}") for place, name in enumerate(readings)
    }


def _trained(api: DuckDBAPI) -> Linker:
    tables = [api.register("transactions"), api.register("invoices")]
    linker = Linker(tables, SETTINGS, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("currency", "amount", "refs", arrays_to_explode=["refs"])], recall=0.6
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    for block in (
        block_on("currency", "serial"),
        block_on("currency", "amount", "name"),
    ):
        training.estimate_parameters_using_expectation_maximisation(
            block, estimate_without_term_frequencies=True
        )
    return linker


def _pairs(connection: duckdb.DuckDBPyConnection, table: str) -> Iterable[Pair]:
    rows = connection.execute(f"select * from {table}").fetchall()  # noqa: S608 - ours
    return [
        Pair(payment, invoice, weight, probability >= SURE)
        for payment, invoice, weight, probability in rows
    ]
