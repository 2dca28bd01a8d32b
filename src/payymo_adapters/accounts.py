"""What an account is known by for good, whoever reaches it."""


def account_key(iban: str, *others: str) -> str:
    """Choose what an account is known by for good.

    A field called IBAN that holds something else (a masked card number) is taken as a
    number among the others.

    >>> account_key("de89 3704 0044 0532 0130 00", "x"), account_key("**** 1234", "")
    ('DE89370400440532013000', '****1234')

    Returns:
        The IBAN, or else the first of the others that says anything, or "".
    """
    compact = ["".join(text.split()) for text in (iban, *others)]
    if is_iban(compact[0]):
        return compact[0].upper()
    return next((text for text in (*compact[1:], compact[0]) if text), "")


def is_iban(text: str) -> bool:
    """Check an IBAN (ISO 13616, mod 97-10), without blanks.

    >>> is_iban("DE89370400440532013000"), is_iban("DE88370400440532013000")
    (True, False)
    """
    written = text.upper()
    if not (15 <= len(written) <= 34 and written.isascii() and written.isalnum()):
        return False
    if not (written[:2].isalpha() and written[2:4].isdigit()):
        return False
    moved = written[4:] + written[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
