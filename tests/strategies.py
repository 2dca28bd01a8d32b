"""The one home of hypothesis strategies; a new field of a record joins it.

Everything collides on purpose: few amounts, few customers, dense numbers, texts built
from the invoices' own references. A world in which nothing can be confused proves
nothing. What is asked for often is kept: a strategy is looked through when it is new,
which takes longer than to draw from it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import TypeVar

from attrs import evolve, fields, frozen
from hypothesis import strategies as st
from stdnum.be import ogm_vcs
from stdnum.ch import esr
from stdnum.iso7064 import mod_97_10

from payymo_core.checkdigits import Format
from payymo_core.labels import Label, Verdict
from payymo_core.money import EXPONENTS, from_minor
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.rules import (
    DEFAULT_REFERENCES,
    AmountRule,
    CounterpartyEvidence,
    CounterpartyRule,
    DateRule,
    Exactness,
    GroupLimits,
    Policies,
    Priors,
    ReferenceRule,
    Ruleset,
    Thresholds,
    TiePolicy,
    Treatment,
)
from payymo_core.scoring import Kind
from tests import oracles
from tests.builders import Claim, bill, payment

T = TypeVar("T")

DAY_ONE = date(2026, 3, 1)
PRICES = (1000, 2500, 2500, 10000, 11900, 3333)
CURRENCIES = (*["EUR"] * 6, "USD", "JPY", "KWD")

CUSTOMERS = (
    Customer(
        id="c1",
        name="Anna Berg",
        email="anna@berg.example",
        ibans=("DE89370400440532013000",),
    ),
    Customer(id="c2", name="Berg & Sohn GmbH", company="Berg und Sohn"),
    Customer(id="c3", company="Nordwind Hosting AB", accounts=("648489890",)),
    Customer(id="c4", name="Anna Berg", aliases=("A. Berg Consulting",)),
)


@frozen
class World:
    """Transactions and the ledger that they were drawn from."""

    transactions: tuple[Transaction, ...]
    invoices: tuple[Invoice, ...]


@cache
def _numbers() -> st.SearchStrategy[str | None]:
    dense = st.integers(1, 12)
    return st.one_of(
        dense.map(lambda n: f"INV-2026-{n:04d}"),
        dense.map(lambda n: f"INV-2026-{n:04d}"),
        dense.map(lambda n: f"2026{n:03d}"),
        dense.map(lambda n: f"R{n}"),
        st.just("1234"),
        st.none(),
    )


@cache
@st.composite
def invoices(draw: st.DrawFn, invoice_id: str) -> Invoice:
    """One open item, or one whose number can still explain a text."""
    owed = draw(st.sampled_from(PRICES))
    currency = draw(st.sampled_from(CURRENCIES))
    sign = draw(st.sampled_from((*[1] * 9, -1)))
    issued = DAY_ONE + timedelta(
        days=draw(st.sampled_from((-500, -40, -14, 0, 0, 9, 60)))
    )
    dated = draw(st.integers(0, 3))
    return Invoice(
        id=invoice_id,
        outstanding=from_minor(sign * owed, currency),
        currency=currency,
        number=draw(_numbers()),
        total=draw(st.sampled_from((None, from_minor(sign * owed * 2, currency)))),
        issue_date=issued if dated else None,
        due_date=issued + timedelta(days=14) if dated > 1 else None,
        status=draw(
            st.sampled_from((*[InvoiceStatus.OPEN] * 14, InvoiceStatus.PAID, *_CLOSED))
        ),
        creditor_reference=draw(
            st.sampled_from((None, None, "RF18539007547034", "+++020/3430/53497+++"))
        ),
        references=draw(_FURTHER),
        customer=draw(st.sampled_from((None, *CUSTOMERS, *CUSTOMERS))),
        metadata=draw(_METADATA),
    )


_FURTHER = st.sampled_from(({}, {}, {"purchase_order": "PO123456"}, {"order": "77001"}))
_METADATA = st.sampled_from(({}, {}, {"order": "77001", "note": "2026"}))
_CLOSED = (InvoiceStatus.CANCELLED, InvoiceStatus.REFUNDED, InvoiceStatus.DRAFT)


@cache
def ledgers(most: int = 8) -> st.SearchStrategy[tuple[Invoice, ...]]:
    """Open items whose ids look like numbers of others."""
    known = [*(f"i{n}" for n in range(8)), "2026001", "2026002", "R3"]
    sizes = st.sampled_from((most, most, most, most - 2, 3, 2, 1, 0))
    ids = st.tuples(st.permutations(known), sizes).map(lambda held: held[0][: held[1]])
    return ids.flatmap(lambda held: st.tuples(*(invoices(one) for one in held)))


def _said_of(invoice: Invoice) -> tuple[str, ...]:
    said = (invoice.number, invoice.id, invoice.creditor_reference)
    return tuple(text for text in (*said, *invoice.references.values()) if text)


def _mangled(draw: st.DrawFn, text: str) -> str:
    """What payers and banks do to a reference."""
    place = draw(st.integers(0, len(text) - 1))
    way = draw(st.integers(-10, 17))
    mangled = {
        0: text.replace("-", " "),
        1: text.replace("-", ""),
        2: text.lower(),
        3: text.replace("0", "O"),
        4: text[:place] + text[place + 1 :],
        5: text[:place] + "7" + text[place + 1 :],
        6: text[: max(place, 3)],
        7: f"{text[:place]} {text[place:]}",
    }
    return mangled.get(way, text)


_ASIDES = (
    "",
    "thanks",
    "Rechnung vom 01.03.2026",
    "EUR 100,00",
    "tel +49 30 1234567",
    "Anna Berg",
    "nr 2026",
    "12.34",
    "USD 7",
    "x",
    "Nordwind Hosting",
    "Storno",
    "refund of",
)


def _amounts(draw: st.DrawFn, named: Sequence[Invoice], currency: str) -> int:
    """Minor units: of what is named, of a part of it, or of nothing at all."""
    scale = 10 ** EXPONENTS[currency]
    owed = sum(int(i.outstanding * scale) for i in named)
    owed = owed or draw(st.sampled_from(PRICES))
    changed = (owed // 2, owed - 150, -owed, owed * 2, owed + 1)
    return draw(st.sampled_from((*[owed] * 4, *changed, *[owed] * 4))) or 1


def _once_in(draw: st.DrawFn, count: int) -> bool:
    """Whether a rare thing happens; no end of the range, as these are drawn oftener."""
    return draw(st.integers(1, count)) == count // 2 + 1


def _chosen(draw: st.DrawFn, ledger: Sequence[Invoice]) -> list[Invoice]:
    """What a transaction has to do with: an invoice, and some that may go with it."""
    if not ledger or _once_in(draw, 9):
        return []
    first = draw(st.sampled_from(ledger))
    alike = [
        one
        for one in ledger
        if one is not first
        and one.currency == first.currency
        and one.customer in (first.customer, None)
    ]
    others = [one for one in ledger if one is not first] if _once_in(draw, 9) else alike
    if not others or draw(st.booleans()):
        return [first]
    more = st.lists(st.sampled_from(others), min_size=1, max_size=2, unique_by=id)
    return [first, *draw(more)]


def _text(draw: st.DrawFn, named: Sequence[Invoice]) -> str:
    """References of invoices, mangled or not, and something beside them."""
    said = [
        _mangled(draw, draw(st.sampled_from(held)))
        for held in map(_said_of, named)
        if not _once_in(draw, 6)
    ]
    said.insert(draw(st.integers(0, len(said))), draw(st.sampled_from(_ASIDES)))
    return draw(st.sampled_from((" ", ", ", " ", "/", ""))).join(said)


def _payer(draw: st.DrawFn, named: Sequence[Invoice]) -> Counterparty | None:
    """Who the invoice was sent to, or anybody."""
    customer = named[0].customer if named else None
    if customer is None or _once_in(draw, 3):
        return draw(st.sampled_from(_COUNTERPARTIES))
    return draw(st.sampled_from(_PAYERS[customer.id]))


@st.composite
def transactions(
    draw: st.DrawFn, transaction_id: str, ledger: tuple[Invoice, ...]
) -> Transaction:
    """One transaction that has to do with some of a ledger, mostly."""
    named = _chosen(draw, ledger)
    currency = named[0].currency if named else draw(st.sampled_from(CURRENCIES))
    if _once_in(draw, 12):
        currency = draw(st.sampled_from(CURRENCIES))
    gross = _amounts(draw, [i for i in named if i.currency == currency], currency)
    fee = draw(st.sampled_from((*[None] * 8, 0, 30, 30, gross, 2 * gross, 0)))
    # Some name one invoice and pay another.
    mistaken = named and _once_in(draw, 8)
    text = _text(draw, [draw(st.sampled_from(ledger))] if mistaken else named)
    field = draw(st.integers(0, 6))
    booked = DAY_ONE + timedelta(days=draw(st.sampled_from((0, 0, 1, 20, 300, 0))))
    return Transaction(
        id=transaction_id,
        amount=from_minor(gross - (fee or 0), currency),
        currency=currency,
        booking_date=None if _once_in(draw, 5) else booked,
        value_date=draw(st.sampled_from((None, DAY_ONE))),
        status=_PENDING if _once_in(draw, 10) else TransactionStatus.BOOKED,
        remittance=text if field < 3 else None,
        creditor_reference=text if field == 3 else None,
        end_to_end_id=text if field == 4 else None,
        mandate_id=text if field == 6 else draw(st.sampled_from((None, "MANDATE-1"))),
        counterparty=_payer(draw, named),
        account=draw(st.sampled_from((None, "DE02120300000000202051"))),
        fee=None if fee is None else from_minor(fee, currency),
        metadata={"invoice": text, "note": "2026"} if field == 5 else {},
    )


_PENDING = TransactionStatus.PENDING
_PAYERS = {
    "c1": (
        Counterparty(name="ANNA BERG"),
        Counterparty(name="Somebody Else", iban="DE89370400440532013000"),
    ),
    "c2": (Counterparty(name="Berg u. Sohn G.m.b.H."),),
    "c3": (Counterparty(name="Nordwind"), Counterparty(account="0648489890")),
    "c4": (Counterparty(name="Anna Berg"), Counterparty(name="A. Berg Consulting")),
}
_COUNTERPARTIES = (None, *chain.from_iterable(_PAYERS.values()))


@st.composite
def worlds(draw: st.DrawFn, most: int = 7) -> World:
    """A ledger and money that comes in against it."""
    ledger = draw(ledgers())
    size = draw(st.sampled_from((most, most - 1, most - 2, 3, 2, 1, 0)))
    ids = draw(_names(most))[:size]
    held = draw(st.tuples(*(transactions(one, ledger) for one in ids)))
    return World(held, ledger)


@cache
def _names(most: int) -> st.SearchStrategy[list[str]]:
    return st.permutations([f"t{n:02d}" for n in range(most)])


@st.composite
def duels(draw: st.DrawFn) -> World:
    """Two or three payments of one invoice, which say more or less clearly that."""
    said = (
        *(None, "your invoice 42", "2026 0042", "INV-2026-00"),
        *("INV-2026-0042", "INV-2O26-0042", "INV-2026-0043"),
    )
    payers = (None, "Anna Berg", "A. Berg", "Somebody Else")
    owed = bill("i1", "100.00 EUR", "INV-2026-0042", customer=CUSTOMERS[0])
    paid = tuple(
        payment(
            f"t{n}",
            "100.00 EUR",
            draw(st.sampled_from(said)),
            payer=draw(st.sampled_from(payers)),
        )
        for n in range(draw(st.integers(2, 3)))
    )
    return World(paid, (owed,))


_PATTERNS = (
    "INV-2026-{digits:4}",
    "PO{digits:6}",
    "R{digits:3}",
    "/(20[0-9]{2}) ?[0-9]{3}/",
    "/[A-Z]{1,3}-?([0-9]{4}-?[0-9]{4})/",
)
_SEARCHED = (
    *("remittance", "creditor_reference", "end_to_end_id", "mandate_id"),
    *("metadata.invoice", "metadata.note", "metadata.*"),
)
_LOOKED_FOR = (
    *("number", "id", "creditor_reference"),
    *("references.purchase_order", "references.order", "references.*"),
)


def _some(values: Sequence[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """At least one of them, in any order."""
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


@cache
def _rule(name: str) -> st.SearchStrategy[ReferenceRule]:
    """A rule, as often as not one that finds what the built-in ones do."""
    return st.builds(
        ReferenceRule,
        name=st.just(name),
        transaction_fields=st.just(_SEARCHED) | _some(_SEARCHED),
        invoice_fields=st.just(_LOOKED_FOR) | _some(_LOOKED_FOR),
        pattern=st.sampled_from((None, None, *_PATTERNS)),
        exactness=st.just(tuple(Exactness)) | _some(tuple(Exactness)),
        reliability=st.sampled_from((0.6, 0.97, 0.99, 0.99, 0.999)),
    )


def _references() -> st.SearchStrategy[tuple[ReferenceRule, ...]]:
    """The built-in rules, or one to four others, of which the first may have a twin."""
    own = st.permutations(("order", "our number", "Number", "anything"))
    some = st.tuples(own, st.integers(1, 4)).map(lambda drawn: drawn[0][: drawn[1]])
    drawn = some.flatmap(lambda names: st.tuples(*map(_rule, names)))
    twins = drawn.map(lambda rules: (*rules, evolve(rules[0], name="number")))
    return drawn | st.permutations(DEFAULT_REFERENCES).map(tuple) | twins


def _priors() -> st.SearchStrategy[Priors]:
    """The built-in shares, or others, whole percents of which each kind has one."""
    kinds = [field.name for field in fields(Priors)]
    counts = st.lists(st.integers(1, 30), min_size=len(kinds), max_size=len(kinds))
    return st.just(Priors()) | counts.map(
        lambda held: Priors(
            **{kind: n / sum(held) for kind, n in zip(kinds, held, strict=True)}
        )
    )


def rulesets() -> st.SearchStrategy[Ruleset]:
    """Everything that a user may choose."""
    treatments = st.sampled_from(Treatment)
    evidence = st.lists(st.sampled_from(CounterpartyEvidence), unique=True).map(tuple)
    return st.builds(
        Ruleset,
        references=_references(),
        amount=st.builds(
            AmountRule,
            short_percent=st.sampled_from(tuple(map(Decimal, ("3", "0", "1.5", "49")))),
            short_most=st.sampled_from(tuple(map(Decimal, ("50", "0", "1", "2.5")))),
        ),
        counterparty=st.builds(
            CounterpartyRule,
            evidence=st.just(tuple(CounterpartyEvidence)) | evidence,
        ),
        dates=st.builds(DateRule, stale_after_days=st.sampled_from((365, 1, 30, 5000))),
        groups=st.builds(
            GroupLimits,
            invoices=st.sampled_from((12, 2, 3)),
            open_items=st.sampled_from((40, 2, 3)),
        ),
        thresholds=st.builds(
            Thresholds,
            match=st.sampled_from((0.6, 0.9, 0.99, 0.9999)),
            review=st.sampled_from((0.01, 0.05, 0.5)),
            margin=st.sampled_from((0.0, 0.5, 0.9)),
        ),
        policies=st.builds(
            Policies,
            part=treatments,
            short=treatments,
            over=treatments,
            several=treatments,
            ties=st.sampled_from(TiePolicy),
        ),
        priors=_priors(),
    )


def labels(world: World) -> st.SearchStrategy[list[Label]]:
    """Verdicts on the transactions of a world; some contradict each other."""
    ids = st.sampled_from([record.id for record in world.invoices] or ["unknown"])
    known = st.sampled_from([record.id for record in world.transactions] or ["unknown"])
    one = st.builds(
        Label,
        transaction=known,
        invoices=st.lists(ids, max_size=2, unique=True).map(tuple),
        verdict=st.sampled_from(Verdict),
    )
    return st.lists(one, max_size=8)


# --- tables of hypotheses -----------------------------------------------------------

_BITS = st.integers(-6 * 4, 12 * 4).map(lambda n: n / 4)


@st.composite
def claims(
    draw: st.DrawFn, most_rows: int = 4, most_invoices: int = 4
) -> tuple[list[list[Claim]], list[int]]:
    """Claims of a few transactions on a few invoices, and what these have outstanding.

    Every invoice has 12 minor units; whole claims take them all, parts some. A
    transaction that may pay a part of an invoice has no other claim on it.
    """
    count = draw(st.integers(1, most_invoices))
    places = st.integers(0, count - 1)
    out = []
    for _ in range(draw(st.integers(1, most_rows))):
        wanted = draw(
            st.lists(
                st.frozensets(places, min_size=1, max_size=2), max_size=3, unique=True
            )
        )
        often = Counter(chain.from_iterable(wanted))
        out.append([_claim(draw, sorted(one), often) for one in wanted])
    return out, [12] * count


def _claim(draw: st.DrawFn, wanted: Sequence[int], often: Mapping[int, int]) -> Claim:
    bits = draw(_BITS)
    if len(wanted) > 1:
        return Claim(bits, dict.fromkeys(wanted, 12), Kind.SEVERAL)
    if draw(st.integers(0, 3)) or often[wanted[0]] > 1:
        return Claim(bits, {wanted[0]: 12})
    return Claim(bits, {wanted[0]: draw(st.integers(1, 11))}, Kind.PART)


# --- texts --------------------------------------------------------------------------

REMITTANCE = st.text(alphabet="AB01 -/.,\n\réßÅ²٣中", max_size=14)
"""Short texts of few signs, so that equal runs of them are common."""

ANY_TEXT = st.text(max_size=40)

DECIMALS = st.decimals(allow_nan=True, allow_infinity=True)


def major(minor: int, currency: str = "EUR") -> Decimal:
    """Major units of some minor ones."""
    return from_minor(minor, currency)


# --- references with check digits ---------------------------------------------------

DIGITS = "0123456789"


def strong_references() -> st.SearchStrategy[tuple[Format, str]]:
    """A format that notices every changed digit, and a valid reference of it."""
    number = st.integers(1, 10**20 - 1)
    letters = st.text(f"{DIGITS}ABCXYZ", min_size=2, max_size=21)
    ogm = number.map(lambda n: f"{n % 10**10:010d}")
    qrr = number.map(lambda n: f"{n:026d}")
    return (
        letters.map(lambda t: (Format.RF, _rf(t)))
        | ogm.map(lambda t: (Format.OGM, t + ogm_vcs.calc_check_digits(t)))
        | qrr.map(lambda t: (Format.QRR, t + esr.calc_check_digit(t)))
    )


def _rf(text: str) -> str:
    return f"RF{mod_97_10.calc_check_digits(f'{text}RF')}{text}"


def compact_references(form: Format) -> st.SearchStrategy[str]:
    """Something like a compact reference of a format; often one, seldom valid."""
    digits = st.text(DIGITS, max_size=29)
    if form in {Format.RF, Format.RF_FINNISH}:
        ends = st.text(f"{DIGITS}AZ", max_size=23) | digits
        numbered = st.integers(0, 10**6).map(
            lambda n: _rf(f"{n}{oracles.weighted(f'{n}', (7, 3, 1), 10)}")
        )
        return ends.map(lambda t: f"RF{t}") | ends.filter(bool).map(_rf) | numbered
    if form is Format.SI:
        model = st.sampled_from(("00", "01", "05", "06", "08", "11", "12", "21", "99"))
        part = st.integers(0, 999).map(str) | st.text(DIGITS, max_size=13)
        parts = st.lists(part, max_size=4).map("-".join)
        return st.builds("SI{}{}".format, model, parts)
    exact = {Format.OGM: 12, Format.QRR: 27, Format.FIK_71: 15, Format.FIK_75: 16}
    size = exact.get(form)
    sized = st.text(DIGITS, min_size=size, max_size=size) if size else digits
    return sized | st.text(f"{DIGITS}-A", max_size=28) | _ogm_like()


def _ogm_like() -> st.SearchStrategy[str]:
    return strong_references().map(lambda one: one[1])


@st.composite
def structured_texts(draw: st.DrawFn) -> str:
    """Texts of references, whole, grouped or marred, among words and signs."""
    pieces = draw(st.lists(_pieces(), min_size=1, max_size=4))
    joint = st.sampled_from((" ", " ", ", ", "\n", "", "-", ".", "+", ":"))
    return "".join(piece + draw(joint) for piece in pieces)


@st.composite
def _pieces(draw: st.DrawFn) -> str:
    if not draw(st.integers(0, 3)):
        return draw(st.sampled_from((*_ASIDES, "MAIL", "2026", "RF20", "090", "***")))
    form, text = draw(strong_references())
    ways = {
        Format.RF: (text, _grouped(text, 4), f"{text[:4]} {text[4:]}", text.lower()),
        Format.OGM: (text, *_ogm_ways(text)),
        Format.QRR: (text, f"{text[:2]} {_grouped(text[2:], 5)}"),
    }
    written = draw(st.sampled_from(ways[form]))
    if draw(st.booleans()):
        return written
    place = draw(st.integers(0, len(written) - 1))
    return written[:place] + draw(st.sampled_from("07A ")) + written[place + 1 :]


def _grouped(text: str, size: int) -> str:
    return " ".join(text[n : n + size] for n in range(0, len(text), size))


def _ogm_ways(text: str) -> tuple[str, ...]:
    slashed = f"{text[:3]}/{text[3:7]}/{text[7:]}"
    spaced = slashed.replace("/", " / ")
    return (slashed, f"+++{slashed}+++", f"*** {spaced} ***", f"+++{text}+++")


@st.composite
def ordinary_texts(draw: st.DrawFn) -> str:
    """What stands in remittance texts and is no reference, some of it long."""
    when = draw(st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
    number = draw(st.integers(10**6, 10**10))
    country, length = draw(
        st.sampled_from((("BE", 16), ("DE", 22), ("FR", 27), ("CH", 21), ("SI", 19)))
    )
    iban = country + draw(st.text(DIGITS, min_size=length - 2, max_size=length - 2))
    amount = f"{number / 100:,.2f}".translate(str.maketrans(",.", ".,"))
    kinds = (
        *map(
            when.strftime, ("%d.%m.%Y", "%Y-%m-%d %H:%M", "%Y%m%d%H%M", "%y%m%d%H%M%S")
        ),
        *(f"EUR {amount}", f"***{amount}", f"+{number} EUR"),
        *(f"+49 {number}", f"+{number}", f"+49 30 {number // 10**4} {number % 10**4}"),
        *(iban, _grouped(iban, 4), f"IBAN {iban[:4]} {iban[4:]}"),
    )
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
    return draw(st.sampled_from((", ", " Rechnung ", "\n", " / "))).join(chosen)
