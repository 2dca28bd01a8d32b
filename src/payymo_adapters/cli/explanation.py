"""``payymo explain``: why a transaction was decided as it was."""

from pathlib import Path

import click
from attrs import asdict
from rich.console import Console
from rich.table import Table

from payymo_adapters.cli.failures import EXIT_CODES, finish
from payymo_adapters.cli.forms import Form, json_option
from payymo_adapters.cli.inputs import READABLE, Options, match_files, matching_options
from payymo_adapters.cli.tables import cell, plain_table, signed_bar
from payymo_adapters.cli.terminal import print_json, say, stdout
from payymo_adapters.report.wording import (
    amount,
    payer_of,
    percent,
    signed,
    texts_of,
)
from payymo_core import (
    Explanation,
    Invoice,
    MatchResult,
    Transaction,
    explain,
    explain_pair,
    sentence,
)


@click.command("explain", epilog=EXIT_CODES)
@click.argument("transaction")
@click.option("--invoice", metavar="ID", help="Why (not) this one; its id or number.")
@click.option(
    "--in",
    "files",
    type=READABLE,
    nargs=2,
    required=True,
    metavar="TRANSACTIONS INVOICES",
    help="The two files, as for `payymo match`.",
)
@matching_options
@json_option("The explanation as one JSON object.")
def explain_command(
    transaction: str,
    invoice: str | None,
    files: tuple[Path, Path],
    options: Options,
    form: Form,
) -> None:
    """Explain what was decided for TRANSACTION, in words and in bits.

    The files are matched anew, all of them: what a payment's rivals are decides about
    it as much as the payment does. Ids are those that `payymo match` shows.
    """
    result = match_files(*files, options).result
    explanation = _explained(result, transaction, invoice)
    if form is Form.JSON:
        rows = [{**asdict(r), "sentence": sentence(r)} for r in explanation.rows]
        print_json({**asdict(explanation), "rows": rows})
    else:
        _show(stdout(), result, explanation)
    finish(result.rejected)


def _explained(
    result: MatchResult, transaction: str, invoice: str | None
) -> Explanation:
    ids = [record.id for record in result.run.transactions.records]
    if transaction not in ids:
        fault = _unknown("TRANSACTION", transaction, result)
        raise fault
    if invoice is None:
        return explain(result, transaction)
    return explain_pair(result, transaction, _invoice_id(result, invoice))


def _invoice_id(result: MatchResult, wanted: str) -> str:
    """Id of the invoice with this id, or else of the only one with this number."""
    records = result.run.ledger.invoices.records
    named = [r.id for r in records if r.id == wanted]
    named = named or [r.id for r in records if r.number == wanted]
    if len(named) > 1:
        several = ", ".join(sorted(named))
        msg = f"{len(named)} invoices have the number {wanted!r}; give an id: {several}"
        raise click.BadParameter(msg, param_hint="--invoice")
    if not named:
        fault = _unknown("--invoice", wanted, result)
        raise fault
    return named[0]


def _unknown(hint: str, wanted: str, result: MatchResult) -> click.BadParameter:
    faults = [str(r) for r in result.rejected if r.record_id == wanted]
    why = f"it was rejected: {faults[0]}" if faults else "no record has this id"
    return click.BadParameter(f"{wanted!r}: {why}", param_hint=hint)


def _show(console: Console, result: MatchResult, explanation: Explanation) -> None:
    place = result.row_of(explanation.transaction)
    _show_transaction(console, result.run.transactions.records[place])
    invoices = result.run.ledger.invoices.records
    for invoice in explanation.invoices:
        _show_invoice(console, invoices[result.place_of(invoice)])
    console.print(_evidence_table(explanation))
    say(console, explanation.conclusion)


def _evidence_table(explanation: Explanation) -> Table:
    table = plain_table("Rule", "Bits", "Against | for", "What it says")
    table.columns[1].justify = "right"
    largest = max(abs(row.weight) for row in explanation.rows)
    for row in explanation.rows:
        table.add_row(
            cell(row.rule),
            cell(signed(row.weight)),
            signed_bar(row.weight, largest),
            cell(sentence(row)),
        )
    table.add_section()
    table.add_row(
        cell("sum", "bold"),
        cell(signed(explanation.weight), "bold"),
        cell(""),
        cell(f"confidence {percent(explanation.confidence)}"),
    )
    return table


def _show_transaction(console: Console, record: Transaction) -> None:
    day = record.booking_date or record.value_date
    money = amount(record.amount, record.currency)
    head = (record.id, str(day or ""), money, payer_of(record))
    say(console, " · ".join(part for part in head if part), "bold")
    if texts := texts_of(record):
        say(console, f"  {texts}")


def _show_invoice(console: Console, record: Invoice) -> None:
    customer = record.customer
    owner = "" if customer is None else customer.company or customer.name or customer.id
    due = f"due {record.due_date}" if record.due_date else ""
    owed = f"{amount(record.outstanding, record.currency)} outstanding"
    head = (record.number or record.id, owed, due, owner, str(record.status))
    say(console, "  ↔ " + " · ".join(part for part in head if part))
