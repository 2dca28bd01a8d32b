"""How connections are set up: one section a provider, from where its values come.

A value is looked for in the environment (``PAYYMO_WHMCS_URL``), then in the settings
file (``url`` under ``[whmcs]``). A secret is looked for in the environment, then in the
keyring of the system (service ``payymo``, name ``whmcs.secret``): it has no place in a
file, and one that stands there is refused.

A section is a frozen class whose fields are described by ``plain`` and ``hidden``.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar
from urllib.parse import urlsplit

from attrs import NOTHING, Attribute, field, fields, frozen

from payymo_adapters.errors import RefusedError, SettingsError
from payymo_adapters.http import Secret
from payymo_adapters.http_rules import Site

_HIDDEN, _CHECK, _WORDS = "hidden", "check", "words"
_API = "/includes/api.php"
SERVICE = "payymo"
"""What the keyring knows us by."""


class Section(Protocol):
    """A class of settings."""

    SECTION: ClassVar[str]


S = TypeVar("S", bound=Section)


@frozen(kw_only=True)
class Source:
    """Where values come from.

    Attributes:
        environment: Names and values.
        file: What the settings file holds, by section.
        keyring: Gives the secret of a name, or None.
    """

    environment: Mapping[str, str]
    file: Mapping[str, object]
    keyring: Callable[[str], str | None]


def plain(words: str, check: Callable[[str], str] | None = None) -> dict[str, Any]:
    """Describe a setting that anybody may read, for the metadata of its field.

    Args:
        words: What it is, for who has to set it.
        check: Gives a fault in words, or "".
    """
    return {_WORDS: words, _CHECK: check}


def hidden(words: str, check: Callable[[str], str] | None = None) -> dict[str, Any]:
    """Describe a setting that is a ``Secret``, for the metadata of its field.

    Args:
        words: What it is, for who has to set it.
        check: Gives a fault in words that do not quote it, or "".
    """
    return {_WORDS: words, _HIDDEN: True, _CHECK: check}


def load(section: type[S], source: Source) -> S:
    """Read a section.

    Raises:
        SettingsError: Values that are missing or wrong, all of them.
    """
    found: dict[str, str | Secret] = {}
    faults = list(_strangers(section, source))
    for each in fields(section):  # type: ignore[arg-type]
        value, fault = _read(section.SECTION, each, source)
        if fault:
            faults.append(fault)
        elif value is not None:
            found[each.name] = value
    if faults:
        raise SettingsError(tuple(faults))
    return section(**found)


def is_set(section: type[Section], source: Source) -> bool:
    """Whether anything of a section is set, right or wrong."""
    name = section.SECTION
    if _filed(name, source):
        return True
    return any(
        source.environment.get(variable(name, each.name), "").strip()
        or (each.metadata.get(_HIDDEN) and source.keyring(f"{name}.{each.name}"))
        for each in fields(section)  # type: ignore[arg-type]
    )


def variable(section: str, key: str) -> str:
    """Name the environment variable of a setting.

    >>> variable("whmcs", "access_key")
    'PAYYMO_WHMCS_ACCESS_KEY'
    """
    return f"PAYYMO_{section}_{key}".upper()


def _read(
    section: str, each: "Attribute[Any]", source: Source
) -> tuple[str | Secret | None, str]:
    """The value of a setting, or what is wrong with it."""
    name = variable(section, each.name)
    text: object = source.environment.get(name, "").strip()
    if each.metadata.get(_HIDDEN):
        text = text or source.keyring(f"{section}.{each.name}") or ""
        elsewhere = f"{section}.{each.name} in the keyring"
    else:
        text = text or _filed(section, source).get(each.name, "")
        elsewhere = f"{each.name} under [{section}] in the settings file"
    if not isinstance(text, str):
        return None, f"{name}: a text is wanted, in quotation marks"
    if not text:
        missing = f"{name}, or {elsewhere}: missing; {each.metadata[_WORDS]}"
        return None, missing if each.default is NOTHING else ""
    check = each.metadata[_CHECK]
    fault = check(text) if check else ""
    if fault:
        return None, f"{name}: {fault}"
    return (Secret(text) if each.metadata.get(_HIDDEN) else text), ""


def _strangers(section: type[S], source: Source) -> list[str]:
    """Keys of the file that are none, and secrets that have no place there."""
    known = {each.name: each for each in fields(section)}  # type: ignore[arg-type]
    name = section.SECTION
    if not isinstance(source.file.get(name, {}), Mapping):
        return [f"{name} in the settings file: a section is wanted, as [{name}]"]
    faults = []
    for key in _filed(name, source):
        if key not in known:
            faults.append(f"{key} under [{name}] in the settings file: no such setting")
        elif known[key].metadata.get(_HIDDEN):
            faults.append(
                f"{key} under [{name}] in the settings file: a secret has no place in "
                f"a file; set {variable(name, key)}, or {name}.{key} in the keyring"
            )
    return faults


def _filed(section: str, source: Source) -> Mapping[str, object]:
    held = source.file.get(section, {})
    return held if isinstance(held, Mapping) else {}


def address_fault(text: str) -> str:
    """Check the address of an interface: scheme, host and port."""
    try:
        Site(provider="", origin=text)
    except RefusedError as error:
        return error.fault
    return ""


def _installation_fault(text: str) -> str:
    try:
        _site("WHMCS", text)
    except RefusedError as error:
        return error.fault
    return ""


@frozen(kw_only=True)
class WhmcsSettings:
    """How to reach WHMCS.

    Attributes:
        url: Of the installation, without ``includes/api.php``.
        identifier: Of the API credentials.
        secret: The same.
        access_key: Where the address is not on the list of those allowed.
        gateway: System name of the way that payments are recorded under.
    """

    SECTION: ClassVar[str] = "whmcs"

    url: str = field(
        metadata=plain(
            "the address of WHMCS, as https://billing.example.com/whmcs",
            _installation_fault,
        )
    )
    identifier: Secret = field(metadata=hidden("the identifier of the API credentials"))
    secret: Secret = field(metadata=hidden("the secret of the API credentials"))
    access_key: Secret | None = field(
        default=None, metadata=hidden("$api_access_key of configuration.php")
    )
    gateway: str = field(
        default="banktransfer",
        metadata=plain("the system name of a way to pay, as banktransfer"),
    )

    @property
    def site(self) -> Site:
        """Where requests go."""
        return _site("WHMCS", self.url)

    @property
    def path(self) -> str:
        """Where the API is, from the root of the site."""
        folder = urlsplit(self.url).path.rstrip("/").removesuffix(_API)
        return folder + _API


def _site(provider: str, url: str) -> Site:
    """The site of an address that may lie in a folder."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return Site(provider=provider, origin=url)
    rest = f"?{parts.query}" if parts.query else ""
    origin = f"{parts.scheme}://{parts.netloc}{rest}"
    return Site(provider=provider, origin=origin)
