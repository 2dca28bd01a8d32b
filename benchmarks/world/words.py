"""What payers write around a number, by language."""


def split(words: str) -> tuple[str, ...]:
    """The words of a list that is easier to read as one string."""
    return tuple(words.split())


KEYWORDS: dict[str, tuple[str, ...]] = {
    "de": ("Rechnung", "Rechnung Nr.", "RG", "Rg-Nr.", "Re.Nr.", "Rechnungsnr:", "RNr"),
    "nl": ("Factuur", "factuurnr.", "Faktuur", "fact."),
    "fr": ("Facture", "facture n°", "Fact.", "Votre facture"),
    "en": ("Invoice", "invoice no", "inv", "Inv.", "Invoice #", "INV NO."),
    "da": ("Faktura", "fakt.nr.", "fra."),
    "sv": ("Faktura", "fakturanr", "Fakt"),
    "fi": ("Lasku", "laskunro", "Lasku nro"),
}

FOREIGN = (
    *(word for words in KEYWORDS.values() for word in words),
    "faktura",
    "fattura",
    "Factura",
    "factura n.",
    "Faktura VAT",
    "ft.",
)
"""Words of any language, for who writes in another than its own."""

COURTESIES: dict[str, tuple[str, ...]] = {
    "de": ("Vielen Dank", "Danke", "Überweisung", "Zahlung", "wie vereinbart"),
    "nl": ("bedankt", "betaling", "overboeking"),
    "fr": ("merci", "virement", "paiement", "règlement"),
    "en": ("thank you", "payment", "as agreed", "Thanks!", "bank transfer"),
    "da": ("tak", "betaling", "overførsel"),
    "sv": ("tack", "betalning"),
    "fi": ("kiitos", "maksu"),
}

CUSTOMER = {
    "de": ("Kd-Nr", "Kundennr.", "KNr"),
    "nl": ("klantnr", "relatienr."),
    "fr": ("n° client", "client"),
    "en": ("customer", "cust no", "account"),
    "da": ("kundenr",),
    "sv": ("kundnr",),
    "fi": ("asiakasnro",),
}

DATED = {
    "de": "vom",
    "nl": "d.d.",
    "fr": "du",
    "en": "dated",
    "da": "af",
    "sv": "av den",
    "fi": "pvm",
}

UNRELATED = (
    "deposit",
    "Guthaben aufladen",
    "domain transfer",
    "booking {digits}",
    "order {digits}",
    "Bestellung {digits}",
    "rent {month}",
    "Miete {month}",
    "gift voucher",
    "donation",
    "ticket {digits}",
    "refund",
    "Kaution",
    "loan {digits}",
    "",
)
"""Money of all sorts; ``{digits}`` is a number of somebody else's."""

MONTHS = split(
    "January February March April May June July August September October November "
    "December"
)
