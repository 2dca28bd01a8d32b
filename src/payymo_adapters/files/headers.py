"""The headers that columns of CSV files go by, in ten languages.

Each role lists its headers, the surest first: English, German, French, Dutch, Spanish,
Italian, Swedish, Danish and Norwegian, Finnish, Polish; as ``columns.fold`` makes them,
an umlaut as one letter.
"""

from collections.abc import Mapping


def words(listed: str) -> tuple[str, ...]:
    """Take a list apart at its commas and line breaks."""
    pieces = listed.replace("\n", ",").split(",")
    return tuple(piece.strip() for piece in pieces if piece.strip())


Roles = Mapping[str, tuple[str, ...]]
"""Role -> headers it goes by, the surest first."""

BANK: Roles = {
    "booking_date": words("""
        booking date, date booked, posting date, posted date, date posted, booked
        transaction date, completed date, date completed, buchungstag, buchungsdatum
        buchung, date de comptabilisation, date comptable, date operation
        date de l operation, date d operation, boekdatum, boekingsdatum
        transactiedatum, uitvoeringsdatum, fecha contable, fecha de operacion
        fecha operacion, f contable, data contabile, data registrazione
        data operazione, bokforingsdag, bokforingsdatum, bokford, transaktionsdag
        transaktionsdatum, bogforingsdato, bogfort, bokforingsdato, bokfort dato
        bokfort, kirjauspaiva, kirjauspaivamaara, data ksiegowania, data operacji
        data transakcji, date, datum, fecha, data, dato, paivamaara, pvm
    """),
    "value_date": words("""
        value date, date of value, valutadatum, wertstellung, wertstellungstag
        wertstellungsdatum, wert, date de valeur, date valeur, rentedatum
        fecha valor, f valor, data valuta, valutadag, rantedag, rentedato
        valuteringsdato, arvopaiva, data waluty, valuta
    """),
    "amount": words("""
        amount, transaction amount, betrag, umsatz, montant, bedrag
        transactiebedrag, importe, importo, belopp, belob, belop, summa, maara
        kwota, kwota operacji, kwota transakcji, amount eur, betrag eur, bedrag eur
        montant eur, importe eur, importo eur, belopp sek, belob dkk, belop nok
        maara eur, maara euroa, kwota pln
    """),
    "debit": words("""
        debit, debit amount, money out, paid out, withdrawal, withdrawals, soll
        belastung, lastschrift, debet, uit, cargo, cargos, debe, addebiti, addebito
        dare, uscite, uttag, ut, ut av konto, ud, debet sek, obciazenia, obciazenie
        wyplaty
    """),
    "credit": words("""
        credit, credit amount, money in, paid in, deposit, deposits, haben
        gutschrift, kredit, bij, abono, abonos, haber, accrediti, accredito, avere
        entrate, insattning, in, inn, inn pa konto, ind, kredit sek, uznania
        uznanie, wplaty
    """),
    "direction": words("""
        direction, debit credit, credit debit, debit credit indicator
        credit debit indicator, cr dr, dr cr, d c, dc, soll haben
        soll haben kennzeichen, s h, sens, af bij, debet credit, code debet credit
        cargo abono, dare avere
    """),
    "currency": words("""
        currency, currency code, transaction currency, ccy, wahrung, devise, munt
        muntsoort, valutacode, divisa, moneda, valutakod, valuutta, waluta, valuta
    """),
    "counterparty_name": words("""
        counterparty name, counterparty, partner name, payer name, payee name
        begunstigter zahlungspflichtiger, auftraggeber begunstigter
        auftraggeber empfanger, name zahlungsbeteiligter, zahlungsbeteiligter
        zahlungspflichtiger, gegenpartei, nom de la contrepartie
        nom contrepartie, contrepartie, tiers, naam tegenpartij, tegenpartij
        naam omschrijving, contraparte, ordenante, controparte, ordinante
        motpart, avsandare, avsender, afsender, saaja maksaja, maksaja, kontrahent
        nazwa kontrahenta, nadawca odbiorca, dane kontrahenta, nadawca, payer, payee
        name, auftraggeber, empfanger, zahlungsempfanger, beneficiary, beneficiaire
        beneficiario, mottagare, mottaker, modtager, saaja, odbiorca, nom, naam
        nombre, nominativo, namn, navn, nimi
    """),
    "counterparty_account": words("""
        counterparty iban, counterparty account, counterparty account number
        partner iban, iban zahlungsbeteiligter, iban counterparty, gegenkonto
        iban begunstigter, kontonummer iban, iban contrepartie
        compte contrepartie, compte de la contrepartie, tegenrekening
        tegenrekening iban bban, rekening tegenpartij, rekeningnummer tegenpartij
        iban tegenpartij, cuenta contraparte, iban contraparte, iban ordenante
        iban controparte, iban ordinante, motkonto, motpartskonto, modkonto
        konto kontrahenta, rachunek kontrahenta, numer rachunku kontrahenta
        nr rachunku kontrahenta, saajan tilinumero, vastatili, payer iban
        payer account, iban
    """),
    "account": words("""
        account, own account, account number, account iban, auftragskonto
        iban auftragskonto, eigenes konto, compte, numero de compte, rekening
        rekeningnummer, cuenta, conto, konto, kontonummer, tili, tilinumero
        rachunek, numer rachunku, iban bban
    """),
    "remittance": words("""
        remittance information, remittance, remittance info, payment details
        verwendungszweck, vwz, zweck, communication, communications, libelle
        libelle operation, libelle complet, motif, mededeling, mededelingen
        omschrijving, concepto, concepto ampliado, observaciones, descripcion
        causale, descrizione, descrizione operazione, descrizione estesa
        meddelande, beskrivning, rubrik, text, tekst, melding, beskrivelse
        forklaring, viesti, selite, tytul, tytul operacji, tytulem, opis
        opis operacji, szczegoly, szczegoly transakcji, description
        transaction description, details, memo, narrative, message, reference
        payment reference, referenz, zahlungsreferenz, referencia, riferimento
        referens, referanse
    """),
    "creditor_reference": words("""
        creditor reference, structured reference, structured communication
        structured remittance, rf reference, qr referenz, esr referenz
        communication structuree, reference structuree
        gestructureerde mededeling, betalingskenmerk, ocr, ocr nummer, kid
        kid nummer, viite, viitenumero
    """),
    "end_to_end_id": words("""
        end to end id, end to end reference, end to end referenz, endtoendid, e2e
        ende zu ende referenz, kundenreferenz, end to end
    """),
    "mandate_id": words("""
        mandate id, mandate reference, mandatsreferenz, mandatskennung
        reference mandat, reference du mandat, mandaatkenmerk, machtigingskenmerk
        kenmerk machtiging, mandaatreferentie, referencia mandato
    """),
    "id": words("""
        id, transaction id, transaction reference, entry reference, bank reference
        reference id, unique id, transaktions id, umsatz id, identifiant
        transactie id, transactiereferentie, volgnr, volgnummer
        numero operacion, id operazione, transaktionsid, arkistointitunnus
        numer transakcji, id transakcji
    """),
    "status": words("""
        status, state, booking status, etat, statut, estado, stato, tila
    """),
    "balance": words("""
        balance, running balance, balance after, saldo, kontostand
        saldo nach buchung, solde, saldo na mutatie, saldo na trn
        saldo contable, saldo contabile, saldo disponibile, bokfort saldo
        saldo po operacji, saldo po transakcji
    """),
}
"""Columns of a bank's statement."""

LEDGER: Roles = {
    "id": words("""
        id, invoice id, record id, internal id, rechnungs id, identifiant
        factuur id, id factura, id fattura, faktura id, laskun id
    """),
    "number": words("""
        number, invoice number, invoice no, invoice, invoice nr, document number
        rechnungsnummer, rechnungsnr, rechnung, rechnung nr, belegnummer
        numero de facture, numero facture, no facture, facture, n facture
        factuurnummer, factuurnr, factuur, numero de factura, numero factura
        factura, num factura, numero fattura, n fattura, fattura, fakturanummer
        fakturanr, faktura, faktura nr, fakturanumero, laskunumero, laskun numero
        lasku, numer faktury, nr faktury
    """),
    "outstanding": words("""
        outstanding, amount outstanding, outstanding amount, balance, balance due
        amount due, open amount, open balance, due amount, remaining
        amount remaining, offen, offener betrag, offene forderung, restbetrag
        offener saldo, reste a payer, solde, solde du, montant du, openstaand
        openstaand bedrag, te betalen, restbedrag, pendiente, importe pendiente
        saldo pendiente, saldo, da pagare, residuo, importo residuo
        importo aperto, utestaende, restbelopp, att betala, kvar att betala
        restbelob, udestaende, restbelop, utestaaende, forfaldent, avoin
        avoinna, avoin summa, maksettavaa, do zaplaty, pozostalo do zaplaty
        saldo do zaplaty
    """),
    "total": words("""
        total, total amount, invoice total, invoice amount, gross, gross amount
        amount, gesamt, gesamtbetrag, rechnungsbetrag, bruttobetrag, brutto
        betrag, montant total, total ttc, montant ttc, montant, totaal
        totaalbedrag, factuurbedrag, bedrag incl btw, bedrag, importe total
        total factura, importe, totale, totale fattura, importo totale, importo
        totalt, totalbelopp, fakturabelopp, belopp, belob i alt, totalbelob
        fakturabelob, belob, totalbelop, fakturabelop, belop, summa
        yhteensa, loppusumma, kwota brutto, wartosc brutto, razem, kwota
    """),
    "currency": words("""
        currency, currency code, ccy, wahrung, devise, valuta, munt, muntsoort
        divisa, moneda, valutacode, valutakod, valuutta, waluta
    """),
    "issue_date": words("""
        issue date, invoice date, date issued, issued, date created, created
        rechnungsdatum, belegdatum, ausstellungsdatum, date de facture
        date facture, date d emission, factuurdatum, fecha de factura
        fecha factura, fecha de emision, fecha emision, data fattura
        data emissione, data documento, fakturadatum, fakturadato
        laskun paivays, laskupaiva, laskun paivamaara, data wystawienia
        data faktury, date, datum, fecha, data, dato, paivays, paivamaara
    """),
    "due_date": words("""
        due date, date due, due, payment due, falligkeit
        falligkeitsdatum, fallig am, fallig, zahlbar bis, date d echeance
        date echeance, echeance, vervaldatum, vervaldag, fecha de vencimiento
        fecha vencimiento, vencimiento, data scadenza, scadenza
        forfallodatum, forfallodag, forfaldsdato, forfallsdato, forfald
        forfall, erapaiva, termin platnosci, data platnosci
    """),
    "status": words("""
        status, state, invoice status, rechnungsstatus, etat, statut, estado
        stato, tila
    """),
    "customer_id": words("""
        customer id, customer number, customer no, client id, user id, userid
        account number, kundennummer, kunden id, kundennr, debitorennummer
        debitor nr, code client, numero client, id client, klantnummer
        debiteurnummer, klant id, numero de cliente, codigo cliente, id cliente
        codice cliente, kundnummer, kundenummer, kundenr, asiakasnumero
        numer klienta, id klienta
    """),
    "customer_name": words("""
        customer name, customer, client name, client, contact, contact name, name
        kunde, kundenname, kunden name, debitor, nom du client, nom client
        nom, klant, klantnaam, debiteur, naam, cliente, nombre cliente
        nombre del cliente, nombre, nome cliente, ragione sociale, nome, kund
        kundnamn, namn, kundenavn, navn, asiakas, asiakkaan nimi, nimi
        klient, nazwa klienta, nabywca, kontrahent
    """),
    "customer_company": words("""
        company, company name, business name, organisation, organization, firma
        firmenname, unternehmen, societe, raison sociale, entreprise, bedrijf
        bedrijfsnaam, empresa, razon social, azienda, societa, foretag
        foretagsnamn, virksomhed, firmanavn, bedrift, yritys, nazwa firmy
    """),
    "customer_email": words("""
        email, e mail, customer email, email address, courriel, correo
        correo electronico, e post, sahkoposti, adres e mail
    """),
    "customer_iban": words("""
        customer iban, iban, iban kunde, iban client, iban klant
    """),
    "creditor_reference": words("""
        creditor reference, structured reference, payment reference
        structured communication, zahlungsreferenz, qr referenz, reference
        communication structuree, gestructureerde mededeling
        betalingskenmerk, ocr, ocr nummer, kid, kid nummer, viite, viitenumero
    """),
    "references.purchase_order": words("""
        purchase order, purchase order number, po number, po, po no, order number
        customer reference, bestellnummer, bestellung, kundenbestellnummer
        bon de commande, numero de commande, inkooporder, inkoopordernummer
        pedido, numero de pedido, ordine, numero ordine, bestallningsnummer
        inkopsorder, indkobsordre, innkjopsordre, ostotilaus, tilausnumero
        numer zamowienia, zamowienie
    """),
}
"""Columns of a list of invoices."""
