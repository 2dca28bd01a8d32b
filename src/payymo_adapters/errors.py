"""What goes wrong with a file as a whole; a bad record in it is ``Rejected``."""

from payymo_core.errors import PayymoError


class FileError(PayymoError, ValueError):
    """A file that cannot be used.

    The tree, with the engine's part of it:

    * PayymoError
      - RulesetError (ValueError)   your configuration
      - RecordError (ValueError)    a value that no record may carry
      - FileError (ValueError)      a file; names the file, the line and the field

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
