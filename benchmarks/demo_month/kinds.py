"""Every kind of payment that a month brings, and how many of each."""

from collections.abc import Callable
from decimal import Decimal

from attrs import evolve

from benchmarks.demo_month.month import DAYS, PRICES, Bill, Month, Payment, payment_of

_WORDS = (
    "Rechnung {n}",
    "{n}",
    "Rechnung Nr. {n}",
    "RE {n} KD {c}",
    "Invoice {n}",
    "Zahlung {n} vom {d}",
    "{n} Webhosting",
    "Kd-Nr {c} Rg-Nr {n} besten Dank",
)
_CENT = Decimal("0.01")


def _said(month: Month, bill: Bill, number: str = "") -> str:
    """What a payer writes who quotes the number, perhaps mangled."""
    return month.dice.pick(_WORDS).format(
        n=number or bill.number, c=bill.customer.number, d=f"{bill.issued:%d.%m.%Y}"
    )


def exact(month: Month) -> None:
    """The number is quoted as printed."""
    bill = month.bill()
    month.book(payment_of(bill, text=_said(month, bill)))


def structured(month: Month) -> None:
    """The creditor reference travels with the money."""
    bill = month.bill()
    month.book(evolve(payment_of(bill), reference=bill.reference))


def order(month: Month) -> None:
    """The customer quotes its own purchase order."""
    plain = month.bill()
    bill = month.amend(plain, evolve(plain, order=f"PO{month.dice.digits(6)}"))
    month.book(payment_of(bill, text=f"Ihre Rechnung zu Bestellung {bill.order}"))


def digits_only(month: Month) -> None:
    """The number without its letters."""
    bill = month.bill()
    month.book(payment_of(bill, text=_said(month, bill, bill.number[3:])))


def split(month: Month) -> None:
    """Dashes lost, and a blank where the bank broke the line."""
    bill = month.bill()
    bare = bill.number.replace("-", month.dice.pick((" ", "")))
    cut = month.dice.between(4, len(bare) - 2)
    text = _said(month, bill, f"{bare[:cut]} {bare[cut:]}")
    month.book(payment_of(bill, text=text))


def look_alike(month: Month) -> None:
    """The letter O for a nought."""
    bill = month.bill()
    text = _said(month, bill, bill.number.replace("0", "O"))
    month.book(payment_of(bill, text=text))


def typo(month: Month) -> None:
    """A digit left out."""
    bill = month.bill()
    cut = month.dice.between(-4, -2)
    text = _said(month, bill, bill.number[:cut] + bill.number[cut + 1 :])
    month.book(payment_of(bill, text=text))


def truncated(month: Month) -> None:
    """The field ended before the number did."""
    bill = month.bill()
    text = f"Webhosting und Domains laut Rechnung {bill.number}"
    month.book(payment_of(bill, text=text[:-1]))


def unnamed(month: Month) -> None:
    """No reference; who paid is known."""
    price = month.dice.pick(PRICES) + month.dice.between(1, 40)
    bill = month.bill(total=str(price))
    month.book(payment_of(bill, text=month.dice.pick(("Hosting", "", "Danke"))))


def third_party(month: Month) -> None:
    """Somebody else pays, and names the invoice."""
    bill, other = month.bill(), next(month.newcomers)
    text = f"{bill.number} für {bill.customer.contact}"
    month.book(evolve(payment_of(bill, text=text), payer=other.banked, iban=other.iban))


def several(month: Month) -> None:
    """Two to five invoices in one sum, all of them named."""
    customer = month.dice.pick(month.regulars)
    bills = [month.bill(customer) for _ in range(month.dice.between(2, 5))]
    month.book(payment_of(*bills, text=", ".join(bill.number for bill in bills)))


def several_unnamed(month: Month) -> None:
    """A customer pays all that it owes, and names nothing."""
    customer = evolve(next(month.newcomers), in_ledger=True)
    totals = [Decimal(month.dice.between(4_000, 90_000)) * _CENT for _ in range(3)]
    bills = [month.bill(customer, str(total)) for total in totals]
    month.book(payment_of(*bills, text="Sammelzahlung"))


def instalments(month: Month) -> None:
    """Half now, half later in the month."""
    bill = month.bill(total="948.00")
    for place, day in enumerate((DAYS[9], DAYS[16]), start=1):
        text = f"{bill.number} Rate {place} von 2"
        half = evolve(payment_of(bill, text=text), amount=Decimal("474.00"))
        month.book(half, day=day)


def part(month: Month) -> None:
    """A part; the rest stays open."""
    bill = month.bill(total="711.62")
    paid = Decimal(month.dice.between(10, 60) * 10)
    month.book(evolve(payment_of(bill, text=f"Anzahlung {bill.number}"), amount=paid))


def last_part(month: Month) -> None:
    """What earlier payments left open."""
    rest = Decimal(month.dice.between(5, 30) * 5)
    whole = month.bill(total="414.12")
    bill = month.amend(whole, evolve(whole, outstanding=rest, status="Partially paid"))
    month.book(payment_of(bill, text=f"Restzahlung {bill.number}"))


def short(month: Month) -> None:
    """A bank on the way kept its fee."""
    bill = month.bill(total="1178.10")
    fee = month.dice.pick((Decimal("7.50"), Decimal("12.00"), Decimal("15.00")))
    arrived = bill.outstanding - fee
    month.book(evolve(payment_of(bill, text=_said(month, bill)), amount=arrived))


def over(month: Month) -> None:
    """Rounded up, or with a late fee that nobody asked for."""
    bill = month.bill(total="117.81")
    more = month.dice.pick((Decimal("2.19"), Decimal("5.00"), Decimal("0.19")))
    paid = bill.outstanding + more
    month.book(evolve(payment_of(bill, text=_said(month, bill)), amount=paid))


def card_payout(month: Month) -> None:
    """A card processor pays out a day's charges, less its fee on each."""
    payments = []
    for _ in range(6):
        bill = month.bill()
        fee = bill.outstanding * Decimal("0.015") + Decimal("0.25")
        payment = evolve(payment_of(bill, text="Kartenzahlung"), end_to_end=bill.number)
        payments.append(evolve(payment, iban="", fee=fee.quantize(_CENT)))
    month.book(*payments, day=DAYS[-3], batch="Kartenabrechnung netto")


def direct_debit(month: Month) -> None:
    """Our own collection: one entry, many mandates."""
    bills = [month.bill() for _ in range(18)]
    payments = [
        evolve(
            payment_of(bill, text="Lastschrift Hosting"),
            end_to_end=bill.number,
            mandate=f"KN-M{bill.customer.number}",
        )
        for bill in bills
    ]
    month.book(*payments, day=DAYS[-5], batch="SEPA-Lastschrift Sammler")


def twice(month: Month) -> None:
    """The same invoice, paid again three days later."""
    bill = month.bill()
    payment = payment_of(bill, text=f"Rechnung {bill.number}")
    month.book(payment, day=DAYS[13])
    month.book(evolve(payment, pays=()), day=DAYS[16])


def paid_already(month: Month) -> None:
    """The number of an invoice that was settled before."""
    bill = settled(month)
    paid = evolve(
        payment_of(bill, text=f"Rechnung {bill.number}"), amount=bill.total, pays=()
    )
    month.book(paid, day=DAYS[10])


def credit_note(month: Month) -> None:
    """An invoice less a credit note, both named."""
    bill = month.bill(total="236.81")
    note = month.bill(bill.customer, "-58.31")
    text = f"{bill.number} abzgl. Gutschrift {note.number}"
    month.book(payment_of(bill, note, text=text))


def twins(month: Month) -> None:
    """The same plan twice, and no word which of them is meant."""
    customer = evolve(next(month.newcomers), in_ledger=True)
    bills = [month.bill(customer, "82.11") for _ in range(2)]
    older = min(bills, key=lambda bill: bill.issued)
    month.book(payment_of(older, text="Hosting"), day=DAYS[-1])


def dollars(month: Month) -> None:
    """Billed in dollars, and paid in dollars."""
    bill = month.bill(total=f"{month.dice.between(2, 40) * 10}.00")
    billed = month.amend(bill, evolve(bill, currency="USD"))
    month.book(payment_of(billed, text=f"Invoice {bill.number}"), currency="USD")


def wrong_currency(month: Month) -> None:
    """Billed in dollars, and paid in euros."""
    plain = month.bill(total="129.00")
    bill = month.amend(plain, evolve(plain, currency="USD"))
    paid = evolve(
        payment_of(bill, text=f"Invoice {bill.number}"), amount=Decimal("118.74")
    )
    month.book(paid)


def pending(month: Month) -> None:
    """Announced, and not booked yet."""
    bill = month.bill()
    payment = evolve(payment_of(bill, text=_said(month, bill)), pays=())
    month.book(payment, day=DAYS[-1], status="PDNG")


def unpaid(month: Month) -> None:
    """Nobody has paid it yet."""
    month.bill()


def settled(month: Month) -> Bill:
    """Paid in an earlier month, and still in the export."""
    bill = month.bill()
    return month.amend(bill, evolve(bill, outstanding=Decimal(0), status="Paid"))


def cancelled(month: Month) -> None:
    """Billed by mistake."""
    bill = month.bill()
    month.amend(bill, evolve(bill, status="Cancelled"))


_STRANGERS = (
    ("FINANZKASSE OSTERMOOR", "Umsatzsteuer-Erstattung 04/2026", "1834.22"),
    ("ASSEKURANZ HALLIGLAND AG", "Schaden 88-20260417 Erstattung", "640.00"),
    ("RECHENZENTRUM WATTENMEER", "Gutschrift Strom Q1 KD 20260007", "212.35"),
    ("KRANKENKASSE NORDDEICH", "U1 Erstattung AN 4711", "1290.54"),
    ("DIETLINDE GRAPENTHIN", "Kaution Stellplatz 12", "117.81"),
    ("VEREIN DER NETZFREUNDE", "Sponsoring zurück", "250.00"),
    ("TELEFONWERKE SUND", "Guthaben Kündigung 5512093", "34.51"),
    ("HUBERTUS ZAPF", "Umzug Anteil Mai", "58.31"),
    ("SPARKASSE AM DEICH", "Habenzinsen", "3.17"),
    ("LOTTE UND PAUL TIDE", "für den Sommerfest-Topf", "40.00"),
    ("RECHENZENTRUM WATTENMEER", "Rack 7 und 8, Rechnung 2026-01311", "-6480.00"),
    ("DOMAINSTELLE NORD", "Domains Mai", "-1211.40"),
    ("LOHNBUERO", "Lohn und Gehalt 05/2026", "-31870.15"),
    ("FINANZKASSE OSTERMOOR", "Lohnsteuer 04/2026", "-7204.00"),
    ("VERMIETUNG AM SPEICHER", "Miete Mai", "-2450.00"),
    ("SPARKASSE AM DEICH", "Kontoführung", "-18.90"),
    ("TELEFONWERKE SUND", "Leitung 881 Mai", "-389.00"),
    ("STADTWERKE TIDELAND", "Abschlag 05/2026", "-1870.00"),
    ("KRANICHKASSE", "Sozialbeiträge 05/2026", "-9120.77"),
    ("REINIGUNG GLANZMEER", "Büroreinigung KW 19", "-212.00"),
    ("REINIGUNG GLANZMEER", "Büroreinigung KW 21", "-212.00"),
    ("KAFFEEROESTEREI BRISE", "Rg 90017", "-84.60"),
    ("LIZENZHAUS OST", "Lizenzen 2. Quartal", "-711.62"),
)


def strangers(month: Month) -> None:
    """Money that no invoice has to do with, in and out."""
    for payer, text, amount in _STRANGERS:
        month.book(Payment(payer=payer, text=text, amount=Decimal(amount)))


MIX: tuple[tuple[Callable[[Month], object], int], ...] = (
    (exact, 128),
    (structured, 30),
    (order, 12),
    (digits_only, 15),
    (split, 14),
    (look_alike, 6),
    (typo, 6),
    (truncated, 4),
    (unnamed, 25),
    (third_party, 6),
    (several, 12),
    (several_unnamed, 3),
    (instalments, 3),
    (part, 5),
    (last_part, 4),
    (short, 5),
    (over, 4),
    (card_payout, 4),
    (direct_debit, 2),
    (twice, 4),
    (paid_already, 4),
    (credit_note, 4),
    (twins, 3),
    (dollars, 6),
    (wrong_currency, 2),
    (pending, 5),
    (unpaid, 95),
    (settled, 30),
    (cancelled, 4),
    (strangers, 1),
)
"""How often each kind comes up."""
