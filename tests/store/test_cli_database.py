"""``payymo db`` and ``payymo audit``."""

from click.testing import CliRunner, Result
from sqlalchemy import text

from payymo_adapters.cli import main
from payymo_adapters.store.store import upgrade
from tests.store.builders import ACT, paid, record


def payymo(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)


def test_a_database_is_upgraded_once_and_checked(empty_url):
    first = payymo("db", "upgrade", "--database", empty_url)
    assert (first.exit_code, first.stdout) == (0, "upgraded: empty -> 0007\n")
    again = payymo("db", "upgrade", PAYYMO_DATABASE=empty_url)
    assert again.stdout == "at revision 0007 already\n"
    checked = payymo("db", "check", PAYYMO_DATABASE=empty_url)
    assert (checked.exit_code, checked.stdout) == (
        0,
        "the database is as it should be\n",
    )


def test_a_database_of_another_revision_says_what_to_do(empty_url):
    upgrade(empty_url, "0002")
    checked = payymo("db", "check", PAYYMO_DATABASE=empty_url)
    assert checked.exit_code == 2
    assert "Run `payymo db upgrade`" in " ".join(checked.stderr.split())


def test_the_audit_log_is_verified(store, url):
    record(store, [paid("t1")])
    whole = payymo("audit", "verify", "--tenant", "acme", PAYYMO_DATABASE=url)
    assert (whole.exit_code, whole.stdout) == (0, "1 entries, each as it was written\n")
    nobody = payymo("audit", "verify", "--tenant", "no", PAYYMO_DATABASE=url)
    assert (nobody.exit_code, nobody.stderr) == (2, "payymo: there is no tenant 'no'\n")
    with store.writing(ACT) as books:
        books.connection.execute(text("UPDATE tenants SET audit_seq = 2"))
    cut = payymo("audit", "verify", "--tenant", "acme", PAYYMO_DATABASE=url)
    assert (cut.exit_code, cut.stderr) == (1, "it ends with entry 1, but had 2\n")


def test_a_database_that_cannot_be_used_is_a_message(tmp_path):
    failed = payymo("db", "check", PAYYMO_DATABASE=f"sqlite:///{tmp_path}/no/x.db")
    assert failed.exit_code == 2
    assert "Check that its folder exists" in failed.stderr
