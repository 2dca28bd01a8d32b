"""Settings come from where they may, all faults are told at once, and no secret is."""

import pytest

from payymo_adapters.errors import SettingsError
from payymo_adapters.http import Secret
from payymo_adapters.settings import Source, WhmcsSettings, load

ENVIRONMENT = {
    "PAYYMO_WHMCS_URL": "https://billing.example.com",
    "PAYYMO_WHMCS_IDENTIFIER": "known",
    "PAYYMO_WHMCS_SECRET": "hunter2",
}


def loaded(
    environment: dict[str, str] | None = None,
    file: dict[str, object] | None = None,
    keyring: dict[str, str] | None = None,
) -> WhmcsSettings:
    source = Source(
        environment=ENVIRONMENT if environment is None else environment,
        file=file or {},
        keyring=(keyring or {}).get,
    )
    return load(WhmcsSettings, source)


def revealed(secret: Secret | None) -> str:
    assert secret
    return secret.reveal()


def test_the_environment_is_enough():
    found = loaded()
    assert found.url == "https://billing.example.com"
    assert revealed(found.secret) == "hunter2"
    assert (found.access_key, found.gateway) == (None, "banktransfer")
    assert "hunter2" not in repr(found)
    assert "known" not in repr(found)


def test_a_file_and_a_keyring_are_enough_and_the_environment_comes_first():
    file: dict[str, object] = {
        "whmcs": {"url": "https://a.example", "gateway": "mailin"},
        "stripe": {"anything": 1},
    }
    keyring = {"whmcs.identifier": "i", "whmcs.secret": "s", "whmcs.access_key": "k"}
    found = loaded({}, file, keyring)
    assert (found.url, found.gateway) == ("https://a.example", "mailin")
    assert revealed(found.identifier) == "i"
    assert revealed(found.access_key) == "k"
    both = loaded({"PAYYMO_WHMCS_SECRET": "e"}, file, keyring)
    assert revealed(both.secret) == "e"


def test_all_that_is_missing_is_told_at_once_and_where_it_may_stand():
    with pytest.raises(SettingsError) as error:
        loaded({"PAYYMO_WHMCS_SECRET": "  "})
    assert [fault.partition(":")[0] for fault in error.value.faults] == [
        "PAYYMO_WHMCS_URL, or url under [whmcs] in the settings file",
        "PAYYMO_WHMCS_IDENTIFIER, or whmcs.identifier in the keyring",
        "PAYYMO_WHMCS_SECRET, or whmcs.secret in the keyring",
    ]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"secret": "hunter2"}, "secret under .* has no place in a file"),
        ({"identifier": "hunter2"}, "identifier under .* has no place in a file"),
        ({"ulr": "x"}, "ulr under .*: no such setting"),
        ({"gateway": 5}, "PAYYMO_WHMCS_GATEWAY: a text is wanted"),
        ("x", "a section is wanted"),
    ],
)
def test_a_file_that_is_wrong_is_refused(section, words):
    with pytest.raises(SettingsError, match=words) as error:
        loaded(file={"whmcs": section})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "billing.example.com",
        "http://billing.example.com",
        "https://me:hunter2@billing.example.com",
        "https://billing.example.com/?key=hunter2",
        "https://[",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_quoted(url):
    with pytest.raises(SettingsError, match="PAYYMO_WHMCS_URL: the address") as error:
        loaded({**ENVIRONMENT, "PAYYMO_WHMCS_URL": url})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example", "/includes/api.php"),
        ("https://a.example/", "/includes/api.php"),
        ("https://a.example/whmcs/", "/whmcs/includes/api.php"),
        ("https://a.example/whmcs/includes/api.php", "/whmcs/includes/api.php"),
    ],
)
def test_the_api_is_found_from_the_address_of_whmcs(url, path):
    found = loaded({**ENVIRONMENT, "PAYYMO_WHMCS_URL": url})
    assert (found.site.origin, found.path) == ("https://a.example", path)
