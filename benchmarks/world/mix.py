"""How often what happens, per regime.

The shares are guesses at three trades, written down before any engine was run on
them: what bookkeepers of hosting companies, wholesalers and agencies complain about,
and the mangling that banks are known for. None was moved to suit an engine; whoever
changes one says what real statement it came from.
"""

from enum import StrEnum, unique

from attrs import frozen

from benchmarks.world.dice import Weighted, weighted


@unique
class Regime(StrEnum):
    """Which trade a world is made of."""

    HOSTING = "hosting"
    BUSINESS = "business"
    AGENCY = "agency"
    MIXED = "mixed"
    """All of them interleaved in one ledger and one statement."""


@unique
class Habit(StrEnum):
    """How a customer says what it pays."""

    PRINTED = "printed"
    KEYWORD = "keyword"
    """As printed, behind a word for invoice in its own language or another."""
    BARE = "bare"
    """Without separators."""
    RESPACED = "respaced"
    """With other separators."""
    DIGITS = "digits"
    LAST_PART = "last_part"
    """The serial alone, without its leading zeros."""
    STRUCTURED = "structured"
    """The creditor reference, where the invoice has one."""
    ORDER = "order"
    """The customer's purchase order, where the invoice names one."""
    END_TO_END = "end_to_end"
    COURTESY = "courtesy"
    """Words that say nothing: "thank you"."""
    SILENT = "silent"


@unique
class Wire(StrEnum):
    """What a bank does to a text on its way."""

    CLEAN = "clean"
    """Cut off at 140 characters."""
    LINES_35 = "lines_35"
    SEPA_27 = "sepa_27"
    """``EREF+...SVWZ+...`` in lines of 27 characters, joined by a space."""
    REMI = "remi"
    """``/REMI/...`` in upper case."""
    SHORT_18 = "short_18"
    """Eighteen characters, so that payers write the number and nothing else."""


@unique
class PayerForm(StrEnum):
    """How the bank prints the name of a customer."""

    KNOWN = "known"
    UPPER = "upper"
    NO_LEGAL_FORM = "no_legal_form"
    PERMUTED = "permuted"
    SHORTENED = "shortened"
    CUT_27 = "cut_27"
    CUT_35 = "cut_35"
    STRANGER = "stranger"
    """A spouse, a holding, a payment service."""
    MISSING = "missing"


@unique
class Naming(StrEnum):
    """What the text of a joint payment names, and what it pays."""

    ALL = "all"
    SOME = "some"
    ALL_OPEN = "all_open"
    """Nothing is named; everything open of the payer is paid."""
    OLDEST = "oldest"
    """Nothing is named; the oldest so many are paid."""
    MONTH = "month"
    """Nothing is named; one month's invoices are paid."""


@frozen(kw_only=True)
class Mix:
    """Shares of a regime, each in [0, 1]; weights where there are several.

    Attributes:
        per_customer: Invoices of one customer in the ledger.
        repeats: Share of a customer's invoices that are of its usual amount.
        terms: Days from issue to due date, each as likely.
        closed: Share of the ledger that is no longer open.
        unpaid: Share of the open invoices that nobody pays.
        nothing: Share of the transactions that pay nothing that is open.
        persons: Share of customers that are persons.
        joint: Chance that who owes several invoices pays several at once.
        naming: What joint payments name.
        set_off: Share of customers with a credit note to set off.
        part: Share of invoices paid alone of which a part is paid, and no more comes.
        instalments: Share of invoices paid alone, but in two or three transactions.
        overpaid: Share of invoices paid alone, but with more than is outstanding.
        short: Share of customers, about, whose payments arrive short of a bank's fee.
        processor: Share of customers that pay through a processor.
        habits: How customers cite.
        slips: Share of citations with a slip of the pen.
        wires: The banks on the way.
        payers: How the payer is printed.
        iban_known: Share of payers whose account is in the ledger.
        structured: Share of invoices with a creditor reference.
        orders: Share of invoices with a purchase order.
        countries: Where customers are.
    """

    per_customer: Weighted[int]
    repeats: float
    terms: tuple[int, ...]
    closed: float = 0.07
    unpaid: float = 1 / 7
    nothing: float = 0.1
    persons: float
    joint: float
    naming: Weighted[Naming]
    set_off: float
    part: float
    instalments: float
    overpaid: float
    short: float
    processor: float
    habits: Weighted[Habit]
    slips: float
    wires: Weighted[Wire]
    payers: Weighted[PayerForm]
    iban_known: float
    structured: float
    orders: float
    countries: Weighted[str]


_PAYERS = weighted(
    {
        PayerForm.KNOWN: 0.36,
        PayerForm.UPPER: 0.20,
        PayerForm.NO_LEGAL_FORM: 0.12,
        PayerForm.PERMUTED: 0.08,
        PayerForm.SHORTENED: 0.08,
        PayerForm.CUT_27: 0.05,
        PayerForm.CUT_35: 0.04,
        PayerForm.STRANGER: 0.04,
        PayerForm.MISSING: 0.03,
    }
)

_NAMING = weighted(
    {
        Naming.ALL: 0.66,
        Naming.SOME: 0.10,
        Naming.ALL_OPEN: 0.14,
        Naming.OLDEST: 0.05,
        Naming.MONTH: 0.05,
    }
)

# Many small customers with a contract each; a customer with several contracts or one
# that is behind has up to six open. A third pays by card, the rest by transfer, most
# of them from a form that carries the number.
HOSTING = Mix(
    per_customer=weighted({1: 0.36, 2: 0.27, 3: 0.17, 4: 0.10, 5: 0.06, 6: 0.04}),
    repeats=0.85,
    terms=(7, 14, 14),
    persons=0.55,
    joint=0.08,
    naming=_NAMING,
    set_off=0.01,
    part=0.006,
    instalments=0.006,
    overpaid=0.01,
    short=0.008,
    processor=0.30,
    habits=weighted(
        {
            Habit.PRINTED: 0.34,
            Habit.KEYWORD: 0.43,
            Habit.RESPACED: 0.04,
            Habit.LAST_PART: 0.02,
            Habit.END_TO_END: 0.03,
            Habit.STRUCTURED: 0.06,
            Habit.COURTESY: 0.05,
            Habit.SILENT: 0.03,
        }
    ),
    slips=0.03,
    wires=weighted(
        {
            Wire.CLEAN: 0.52,
            Wire.SEPA_27: 0.20,
            Wire.LINES_35: 0.10,
            Wire.REMI: 0.08,
            Wire.SHORT_18: 0.10,
        }
    ),
    payers=_PAYERS,
    iban_known=0.35,
    structured=0.08,
    orders=0.02,
    countries=weighted(
        {"DE": 30, "NL": 14, "AT": 8, "CH": 6, "GB": 16, "US": 12, "BE": 8, "DK": 6}
    ),
)

# Companies that pay companies: runs of invoices, paid on fixed days, several at once;
# structured references where the country has them, purchase orders where the buyer is
# large.
BUSINESS = Mix(
    per_customer=weighted(
        {1: 20, 2: 18, 3: 14, 4: 11, 6: 12, 8: 9, 12: 8, 20: 5, 30: 2, 40: 1}
    ),
    repeats=0.15,
    terms=(14, 30, 30, 45, 60),
    persons=0.03,
    joint=0.22,
    naming=_NAMING,
    set_off=0.06,
    part=0.015,
    instalments=0.015,
    overpaid=0.01,
    short=0.03,
    processor=0.02,
    habits=weighted(
        {
            Habit.PRINTED: 0.36,
            Habit.KEYWORD: 0.20,
            Habit.BARE: 0.06,
            Habit.RESPACED: 0.06,
            Habit.DIGITS: 0.05,
            Habit.LAST_PART: 0.05,
            Habit.STRUCTURED: 0.10,
            Habit.ORDER: 0.03,
            Habit.END_TO_END: 0.03,
            Habit.COURTESY: 0.03,
            Habit.SILENT: 0.03,
        }
    ),
    slips=0.04,
    wires=weighted(
        {
            Wire.CLEAN: 0.50,
            Wire.SEPA_27: 0.22,
            Wire.LINES_35: 0.14,
            Wire.REMI: 0.10,
            Wire.SHORT_18: 0.04,
        }
    ),
    payers=_PAYERS,
    iban_known=0.60,
    structured=0.30,
    orders=0.35,
    countries=weighted(
        {"DE": 34, "AT": 10, "CH": 10, "BE": 12, "NL": 12, "FI": 6, "GB": 8, "DK": 8}
    ),
)

# A few regular clients each, billed by the job under a code of their own, abroad as
# often as not.
AGENCY = Mix(
    per_customer=weighted(
        {1: 22, 2: 20, 3: 17, 4: 13, 5: 10, 6: 7, 8: 6, 10: 3, 12: 2}
    ),
    repeats=0.12,
    terms=(14, 14, 30),
    persons=0.12,
    joint=0.32,
    naming=_NAMING,
    set_off=0.04,
    part=0.02,
    instalments=0.015,
    overpaid=0.01,
    short=0.04,
    processor=0.06,
    habits=weighted(
        {
            Habit.PRINTED: 0.44,
            Habit.KEYWORD: 0.24,
            Habit.BARE: 0.10,
            Habit.RESPACED: 0.08,
            Habit.ORDER: 0.02,
            Habit.END_TO_END: 0.04,
            Habit.COURTESY: 0.05,
            Habit.SILENT: 0.03,
        }
    ),
    slips=0.03,
    wires=weighted(
        {
            Wire.CLEAN: 0.58,
            Wire.SEPA_27: 0.14,
            Wire.LINES_35: 0.12,
            Wire.REMI: 0.08,
            Wire.SHORT_18: 0.08,
        }
    ),
    payers=_PAYERS,
    iban_known=0.50,
    structured=0.05,
    orders=0.15,
    countries=weighted(
        {"DE": 22, "GB": 18, "US": 18, "CH": 10, "NL": 12, "SE": 8, "DK": 6, "JP": 6}
    ),
)

MIXES: dict[Regime, Mix] = {
    Regime.HOSTING: HOSTING,
    Regime.BUSINESS: BUSINESS,
    Regime.AGENCY: AGENCY,
}
"""By regime; ``mixed`` is one half hosting and one quarter each of the others."""
