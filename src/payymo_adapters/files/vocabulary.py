"""The words that cells of CSV files hold, in the ten languages of the headers."""

from collections.abc import Mapping

from payymo_adapters.files.headers import words
from payymo_core.records import InvoiceStatus, TransactionStatus

IN = frozenset(
    words("""
        c, cr, crdt, credit, credito, crédit, crédito, h, haben, gutschrift, bij, +
        in, avoir, abono, haber, avere, entrata, kredit, uznanie, insättning, ind
        inn, pano
    """)
)
"""Words of a direction column that mean money in."""

OUT = frozenset(
    words("""
        d, dr, dbit, debit, debito, débit, débito, s, soll, belastung, lastschrift
        af, -, uit, out, cargo, debe, dare, uscita, debet, obciążenie, uttag, ud
        ut, otto
    """)
)
"""Words of a direction column that mean money out."""

TRANSACTION_STATUSES: Mapping[str, TransactionStatus] = {
    word: status
    for status, listed in {
        TransactionStatus.BOOKED: """
            booked, completed, posted, settled, cleared, gebucht, umsatz gebucht
            comptabilisé
            geboekt, contabilizado, contabilizzato, bokförd, bogført, bokført
            kirjattu, zaksięgowana
        """,
        TransactionStatus.PENDING: """
            pending, authorised, authorized, vorgemerkt, umsatz vorgemerkt
            en attente, in behandeling, pendiente, in attesa, reserverad
            reserveret, reservert, varaus, oczekująca
        """,
    }.items()
    for word in words(listed)
}
"""Word, case folded -> status of a transaction."""

INVOICE_STATUSES: Mapping[str, InvoiceStatus] = {
    word: status
    for status, listed in {
        InvoiceStatus.OPEN: """
            open, unpaid, overdue, sent, due, outstanding, partially paid, partial
            viewed, collections, payment pending, authorised, approved, offen
            überfällig, unbezahlt, teilweise bezahlt, ouverte, ouvert, impayée
            impayé, en retard, openstaand, onbetaald, verlopen, abierta, pendiente
            vencida, impagada, aperta, non pagata, scaduta, obetald, förfallen, åben
            ubetalt, forfalden, avoin, erääntynyt, niezapłacona, nieopłacona
            otwarta, przeterminowana
        """,
        InvoiceStatus.PAID: """
            paid, closed, settled, bezahlt, beglichen, payée, payé, réglée, betaald
            voldaan, pagada, pagado, pagata, pagato, betald, betalt, maksettu
            zapłacona, opłacona
        """,
        InvoiceStatus.CANCELLED: """
            cancelled, canceled, void, voided, deleted, storniert, annulée, annulé
            geannuleerd, cancelada, anulada, annullata, makulerad, annulleret
            kansellert, peruttu, anulowana
        """,
        InvoiceStatus.REFUNDED: """
            refunded, erstattet, remboursée, terugbetaald, reembolsada, rimborsata
            återbetald, refunderet, hyvitetty, zwrócona
        """,
        InvoiceStatus.DRAFT: """
            draft, entwurf, brouillon, concept, borrador, bozza, utkast, kladde
            luonnos, szkic
        """,
    }.items()
    for word in words(listed)
}
"""Word, case folded -> status of an invoice."""
