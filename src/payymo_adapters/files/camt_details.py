"""What one ``TxDtls`` of a camt message says: texts, references and parties."""

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from payymo_adapters.files.texts import one_line
from payymo_adapters.files.xml import every, first, text
from payymo_core.records import Counterparty

# What banks write into a mandatory field when they have nothing to say.
_PLACEHOLDERS = ("NOTPROVIDED", "NONREF", "NOTAVAILABLE")


def given(element: etree._Element | None, path: str) -> str | None:
    """Take an identifier, unless it is a placeholder such as ``NOTPROVIDED``."""
    found = None if element is None else text(element, path)
    return None if found is None or found.upper() in _PLACEHOLDERS else found


def remittance(details: Sequence[etree._Element], entry: etree._Element) -> str | None:
    """Join what the payer wrote, then the numbers of the documents referred to.

    Where the payer wrote nothing, the bank's additional information stands for it.
    """
    pieces = [piece for detail in details for piece in _unstructured(detail)]
    if not pieces:
        additional = (text(detail, "AddtlTxInf") for detail in details)
        pieces = [piece for piece in additional if piece]
    if not pieces:
        pieces = [text(entry, "AddtlNtryInf") or ""]
    pieces += (piece for detail in details for piece in _structured(detail))
    return " ".join(piece for piece in pieces if piece) or None


def creditor_reference(detail: etree._Element | None) -> str | None:
    """Take the first structured reference (``CdtrRefInf``)."""
    if detail is None:
        return None
    found = (text(row, "CdtrRefInf/Ref") for row in _rows(detail, "Strd"))
    return next((reference for reference in found if reference), None)


def _unstructured(detail: etree._Element) -> Iterator[str]:
    for row in _rows(detail, "Ustrd"):
        yield one_line(row.text or "")


def _structured(detail: etree._Element) -> Iterator[str]:
    """Give document numbers, and the references after the first."""
    taken = creditor_reference(detail)
    for row in _rows(detail, "Strd"):
        reference = text(row, "CdtrRefInf/Ref")
        if reference and reference != taken:
            yield reference
        yield from _texts(row, "RfrdDocInf", "Nb")
        yield from _texts(row, "AddtlRmtInf")


def _rows(detail: etree._Element, name: str) -> Iterator[etree._Element]:
    for information in every(detail, "RmtInf"):
        yield from every(information, name)


def _texts(element: etree._Element, name: str, below: str = "") -> Iterable[str]:
    for row in every(element, name):
        found = text(row, below) if below else one_line(row.text or "")
        if found:
            yield found


def party(detail: etree._Element, role: str) -> Counterparty | None:
    """Read one side of a payment.

    Args:
        detail: The ``TxDtls`` element.
        role: ``Dbtr`` or ``Cdtr``.
    """
    parties = first(detail, "RltdPties")
    if parties is None:
        return None
    found = Counterparty(
        name=_name(parties, role),
        iban=text(parties, f"{role}Acct/Id/IBAN"),
        account=text(parties, f"{role}Acct/Id/Othr/Id", f"{role}Acct/Id/PrtryAcct/Id"),
    )
    return None if found == Counterparty() else found


def ultimate_debtor(detail: etree._Element) -> str | None:
    """Name the party the debtor paid for, where it is another than the debtor."""
    parties = first(detail, "RltdPties")
    if parties is None:
        return None
    found = _name(parties, "UltmtDbtr")
    return None if found == _name(parties, "Dbtr") else found


def _name(parties: etree._Element, role: str) -> str | None:
    # Since version 8 a party is a person or company (Pty) or a bank (Agt).
    return text(parties, f"{role}/Pty/Nm", f"{role}/Nm", f"{role}/Agt/FinInstnId/Nm")
