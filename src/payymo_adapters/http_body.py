"""The body of an answer, taken in piece by piece and bounded, packed or not."""

import zlib

from payymo_adapters.errors import PayloadError, UndeliveredError

PACKINGS = ("gzip", "deflate")
"""What a body may be compressed by; nothing else is asked for."""

# zlib tells gzip from deflate by the first bytes.
_EITHER = 32 + zlib.MAX_WBITS


class Intake:
    """Takes in a body of a bounded size.

    The bound holds for what is unpacked as well, and while it is unpacked: a thousand
    bytes that stand for a million are refused before they are a million.
    """

    def __init__(self, provider: str, packing: str, most: int) -> None:
        """Begin.

        Args:
            provider: For the errors.
            packing: The ``Content-Encoding``; "" for none.
            most: Bytes, of the body and of what is unpacked from it.

        Raises:
            PayloadError: A packing that was not asked for.
        """
        self._provider = provider
        self._most = most
        self._raw = 0
        self._body = bytearray()
        packing = packing.strip().lower()
        if packing not in ("", "identity", *PACKINGS):
            fault = f"the answer is packed by {packing[:40]!r}, which was not asked for"
            raise PayloadError(provider, fault, field="content-encoding")
        self._unpacker = zlib.decompressobj(_EITHER) if packing in PACKINGS else None

    def take(self, chunk: bytes) -> None:
        """Take in a piece as it came.

        Raises:
            PayloadError: Too large, or not packed as it says.
        """
        self._raw += len(chunk)
        if self._raw > self._most:
            raise self._too_large()
        if self._unpacker is None:
            self._body += chunk
        else:
            self._unpack(chunk)

    def body(self) -> bytes:
        """All of it, unpacked.

        Raises:
            UndeliveredError: A packed body ends in its middle.
        """
        if self._unpacker and self._raw and not self._unpacker.eof:
            raise UndeliveredError(self._provider, "the answer was cut off")
        return bytes(self._body)

    def _unpack(self, chunk: bytes) -> None:
        assert self._unpacker
        while chunk:
            if self._unpacker.eof:  # gzip may come in several members
                self._unpacker = zlib.decompressobj(_EITHER)
            room = self._most - len(self._body) + 1
            try:
                self._body += self._unpacker.decompress(chunk, room)
            except zlib.error:
                fault = "the answer is not packed as it says"
                raise PayloadError(
                    self._provider, fault, field="content-encoding"
                ) from None
            if len(self._body) > self._most:
                raise self._too_large()
            chunk = self._unpacker.unconsumed_tail or self._unpacker.unused_data

    def _too_large(self) -> PayloadError:
        fault = f"the answer is larger than {self._most:,} bytes"
        return PayloadError(self._provider, fault)
