"""What a finding says to a bookkeeper, and what to do about it."""

from collections.abc import Mapping

from attrs import frozen

from payymo_core.inspection.findings import FindingCode, Kind, Severity


@frozen
class Words:
    """What to say of one kind of finding.

    Attributes:
        says: What it is and why it matters.
        advice: What to do about it.
    """

    says: str
    advice: str


WORDS: Mapping[Kind, Words] = {
    (FindingCode.DUPLICATE_NUMBER, Severity.ERROR): Words(
        "Open invoices have the same number, and not even the customer tells them "
        "apart: nobody can say which of them a payment means.",
        "See whether the invoice is in the list twice; if not, give each a number of "
        "its own.",
    ),
    (FindingCode.DUPLICATE_NUMBER, Severity.WARNING): Words(
        "Open invoices of different customers have the same number; only the payer "
        "tells them apart.",
        "Number all invoices in one series, or give each series a prefix.",
    ),
    (FindingCode.DUPLICATE_NUMBER, Severity.NOTE): Words(
        "An open invoice shares its number with others that are in another currency, "
        "a credit note, or no longer open.",
        "Nothing, if it is meant so. A number that is used anew each year is better "
        "given the year.",
    ),
    (FindingCode.SHARED_REFERENCE, Severity.ERROR): Words(
        "Open invoices of different customers carry the same creditor reference.",
        "A creditor reference belongs to one customer, and best to one invoice: see "
        "what makes the references, and print new ones.",
    ),
    (FindingCode.SHARED_REFERENCE, Severity.WARNING): Words(
        "Open invoices share a reference that should tell them apart: a creditor "
        "reference of one customer's, or another reference of different customers'.",
        "See whether the field holds what its name says. A reference that tells only "
        "the customer cannot tell the invoice.",
    ),
    (FindingCode.SHARED_REFERENCE, Severity.NOTE): Words(
        "A reference stands on several invoices of a customer: it tells who pays, "
        "not for what.",
        "Nothing, where an order or a contract is billed in several invoices. Ask "
        "such customers to quote the invoice number too.",
    ),
    (FindingCode.WEAK_NUMBER, Severity.WARNING): Words(
        "The numbers of open invoices are so short that they stand in texts by "
        "chance; a payment that names one proves little.",
        "Give new invoices longer numbers, five digits or a prefix and the year, or "
        "print a creditor reference.",
    ),
    (FindingCode.NUMBER_BEGINS_ANOTHER, Severity.WARNING): Words(
        "The number of an open invoice is that of another and something after it; a "
        "payer who leaves that out names the wrong one.",
        "See to it that no number is another with an addition: a suffix of its own "
        "for each (-1, -2), none without.",
    ),
    (FindingCode.NUMBER_BEGINS_ANOTHER, Severity.NOTE): Words(
        "The number of an open invoice is the beginning of a longer one; a number "
        "that is cut off or mistyped names the wrong invoice.",
        "Give all numbers the same length, with leading zeros.",
    ),
    (FindingCode.NOTHING_OUTSTANDING, Severity.NOTE): Words(
        "Invoices are open, but nothing is outstanding on them; they are never "
        "matched.",
        "Close them, or correct what is outstanding.",
    ),
    (FindingCode.OUTSTANDING_ABOVE_TOTAL, Severity.WARNING): Words(
        "More is outstanding on invoices than their total, or it is owed the other "
        "way round.",
        "See whether the two columns are swapped, a sign is wrong, or charges were "
        "added to the one but not to the other.",
    ),
    (FindingCode.DUE_BEFORE_ISSUE, Severity.WARNING): Words(
        "Invoices fall due before they are issued, so payments look late or early "
        "when they are not.",
        "See whether day and month, or the two columns, are swapped.",
    ),
    (FindingCode.FAR_AHEAD, Severity.WARNING): Words(
        "Dates lie far ahead of all others.",
        "See whether the year is mistyped, or the file has another date format.",
    ),
    (FindingCode.CURRENCY_WITHOUT_INVOICES, Severity.WARNING): Words(
        "Money came in in a currency in which no invoice is open; none of it can be "
        "matched.",
        "See whether the list of invoices is complete, and its currency right.",
    ),
    (FindingCode.CURRENCY_WITHOUT_TRANSACTIONS, Severity.NOTE): Words(
        "Invoices are open in a currency in which no money came in.",
        "See whether the statement of an account is missing.",
    ),
    (FindingCode.SHARED_ACCOUNT, Severity.WARNING): Words(
        "Money came in from an account that several customers have, so the account "
        "does not tell who pays.",
        "See whether it is one customer with two entries; if not, take the account "
        "off those that it does not belong to.",
    ),
    (FindingCode.SHARED_ACCOUNT, Severity.NOTE): Words(
        "Several customers have the same account; it will not tell who pays.",
        "See whether it is one customer with two entries; if not, take the account "
        "off those that it does not belong to.",
    ),
    (FindingCode.PAYS_FOR_SEVERAL_CUSTOMERS, Severity.NOTE): Words(
        "One account paid invoices of several customers.",
        "Nothing, if it is a payment service, an accountant or a parent company. "
        "Else see whether these are one customer, or a payment went astray.",
    ),
    (FindingCode.SHARED_NAME, Severity.NOTE): Words(
        "Customers with open invoices have the same name, but for the legal form; it "
        "does not tell them apart.",
        "See whether they are one customer. If not, note the accounts that they pay "
        "from.",
    ),
    (FindingCode.PAID_TWICE, Severity.WARNING): Words(
        "The same payer paid the same amount for the same invoice again within weeks.",
        "Ask the payer, and pay it back or set it off.",
    ),
    (FindingCode.PAID_TWICE, Severity.NOTE): Words(
        "The same payer paid the same amount with the same words within days.",
        "See whether it is a second payment, or one for another invoice.",
    ),
    (FindingCode.CLOSED_INVOICE_NAMED, Severity.WARNING): Words(
        "Money came in for invoices that are no longer open.",
        "See whether the payment is booked already, the invoice was paid twice or "
        "closed by mistake, or the list is newer than the statement.",
    ),
    (FindingCode.TRUNCATED_TEXT, Severity.WARNING): Words(
        "Texts end at the same length, as if the bank cut them off; numbers behind "
        "that are lost.",
        "Ask the bank for the full text (camt.053 has it), or customers to write the "
        "number first.",
    ),
    (FindingCode.SILENT_RULE, Severity.WARNING): Words(
        "A reference rule found nothing in any transaction.",
        "See whether its fields and its pattern fit the data; a rule that is of no "
        "use can go.",
    ),
    (FindingCode.SILENT_RULE, Severity.NOTE): Words(
        "References that invoices carry were named in no transaction.",
        "See whether the bank passes them on, and whether they are printed where "
        "customers see them.",
    ),
}
"""For each code and severity that a check gives."""
