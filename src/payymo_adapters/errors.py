"""What goes wrong with a file or a provider; a bad record in either is ``Rejected``."""

from datetime import datetime
from enum import StrEnum, unique

from payymo_core.errors import PayymoError


class FileError(PayymoError, ValueError):
    """A file that cannot be used.

    The tree, with the engine's part of it:

    * PayymoError
      - RulesetError (ValueError)   your configuration
      - RecordError (ValueError)    a value that no record may carry
      - FileError (ValueError)      a file; names the file, the line and the field
      - SettingsError (ValueError)  a connection's settings; lists every fault
        . MissingLibraryError       a library is not installed; names what brings it
      - ProviderError               a provider
        . UndeliveredError          not delivered, or no answer: the outcome is unknown
        . UnauthorisedError         not let in; says what to do
          + ConsentError            a redirect that connects nothing (in ``consent``)
        . LimitError                refused by a limit; says until when
        . RefusedError              understood and refused; the request must change
        . PayloadError              answered, but not as documented; names the field
      - StoreError                  the database; says what to do
        . ConflictError             what was asked contradicts what the books hold

    Attributes:
        path: The file, as it was named.
        fault: What is wrong, in a sentence; several faults stand on a line each.
        line: Counted from 1; 0 where no line is to blame.
        field: The key, column, tag or element at fault, or "".
    """

    def __init__(
        self, path: str, fault: str, *, line: int = 0, field: str = ""
    ) -> None:
        place = f"{path}:{line}" if line else path
        super().__init__(": ".join(part for part in (place, field, fault) if part))
        self.path = path
        self.fault = fault
        self.line = line
        self.field = field


class SettingsError(PayymoError, ValueError):
    """Settings of a connection that cannot be used; no fault holds a secret.

    Attributes:
        faults: One line a fault, each naming the setting.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class MissingLibraryError(SettingsError):
    """A library is not installed that something set up needs; names what brings it."""


class FieldError(ValueError):
    """A value that its field does not allow; readers turn it into one of the others.

    Attributes:
        fault: What is wrong, in a sentence.
        path: The field, as ``customer.ibans.2``; "" for the record as a whole.
    """

    def __init__(self, fault: str, path: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.path = path

    def under(self, key: str) -> "FieldError":
        """Say the same of the object that holds the field."""
        path = f"{key}.{self.path}" if self.path else key
        return FieldError(self.fault, path)


class ProviderError(PayymoError):
    """A provider did not do what was asked; no message of the tree holds a secret.

    Attributes:
        provider: As a person knows it: ``GoCardless``, ``Stripe``, ``WHMCS``.
        fault: What is wrong, in a sentence.
        advice: What the user can do about it; "" where there is nothing.
        code: The provider's own code or type, or the HTTP status; "" without an answer.
    """

    def __init__(
        self, provider: str, fault: str, *, advice: str = "", code: str = ""
    ) -> None:
        said = f"{provider}: {fault}" + (f" ({code})" if code else "")
        super().__init__(". ".join(part for part in (said, advice) if part))
        self.provider = provider
        self.fault = fault
        self.advice = advice
        self.code = code


class UndeliveredError(ProviderError):
    """No answer, or one that says the provider failed: what it did is not known."""


@unique
class Bar(StrEnum):
    """What keeps us out."""

    CREDENTIALS = "credentials"
    ADDRESS = "address"
    """This machine's, which is not on a list of those allowed."""
    PERMISSION = "permission"
    REDIRECT = "redirect"
    CONSENT = "consent"


class UnauthorisedError(ProviderError):
    """The provider does not let us in: refresh, reconnect or mend the permission.

    Attributes:
        bar: What keeps us out.
    """

    def __init__(
        self,
        provider: str,
        fault: str,
        *,
        advice: str = "",
        code: str = "",
        bar: Bar = Bar.CREDENTIALS,
    ) -> None:
        super().__init__(provider, fault, advice=advice, code=code)
        self.bar = bar


class LimitError(ProviderError):
    """A limit was reached, the provider's or our own budget.

    Attributes:
        until: When the next call may be made, in UTC; None where nobody says.
    """

    def __init__(
        self, provider: str, fault: str, *, until: datetime | None, code: str = ""
    ) -> None:
        advice = f"Next call possible at {until:%Y-%m-%d %H:%M} UTC" if until else ""
        super().__init__(provider, fault, advice=advice, code=code)
        self.until = until


class RefusedError(ProviderError):
    """The provider understood and refused; the same request will be refused again."""


class PayloadError(ProviderError):
    """An answer that the documentation does not allow.

    Attributes:
        field: The path of the field, as ``transactions.booked.3.amount``, or "".
    """

    def __init__(self, provider: str, fault: str, *, field: str = "") -> None:
        super().__init__(provider, f"{field}: {fault}" if field else fault)
        self.field = field


class StoreError(PayymoError):
    """The database cannot do its part; no message of the tree holds a password.

    Attributes:
        fault: What is wrong, in a sentence.
        advice: What the user can do about it; "" where there is nothing.
    """

    def __init__(self, fault: str, *, advice: str = "") -> None:
        super().__init__(". ".join(part for part in (fault, advice) if part))
        self.fault = fault
        self.advice = advice


class ConflictError(StoreError):
    """What was asked contradicts what the books hold; nothing was changed."""
