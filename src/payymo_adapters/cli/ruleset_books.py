"""What ``payymo ruleset`` does: rulesets of the books, learnt, kept and taken."""

from pathlib import Path

from attrs import frozen

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.failures import finish
from payymo_adapters.cli.inputs import load_ruleset
from payymo_adapters.cli.persons import acting_as
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.terminal import say, stage, stdout, write_out
from payymo_adapters.errors import FileError
from payymo_adapters.exchange import write_invoices, write_labels, write_transactions
from payymo_adapters.files.texts import counted
from payymo_adapters.http_rules import utc_now
from payymo_adapters.pipeline import Run
from payymo_adapters.run_settings import RunSettings
from payymo_adapters.store.lessons import Lesson, lesson
from payymo_adapters.store.rulesets import (
    KeptRuleset,
    keep_ruleset,
    kept_ruleset,
    kept_rulesets,
    take_ruleset,
    taken_ruleset,
)
from payymo_adapters.store.store import Books
from payymo_core.errors import RulesetError
from payymo_core.feedback import label_faults, learn
from payymo_core.rules import Ruleset
from payymo_core.wording import describe_learnt


@frozen
class InUse:
    """The ruleset that a run matches with.

    Attributes:
        rules: As the engine takes it.
        version: Its number in the books.
        taken: As it was taken, or None where it is the one of the settings.
    """

    rules: Ruleset
    version: int
    taken: KeptRuleset | None


def ruleset_in_use(run: Run, settings: RunSettings) -> InUse:
    """Find the ruleset that was taken; until one is, keep that of the settings.

    Raises:
        FileError: It cannot be used.
    """

    def work(books: Books) -> InUse:
        taken = taken_ruleset(books.connection, books.tenant)
        if taken is not None:
            return InUse(_rules_of(taken), taken.version, taken)
        rules = load_ruleset(settings.ruleset)
        return InUse(rules, keep_ruleset(books, ruleset_to_toml(rules)), None)

    return run.store.write(run.act(), work)


def learn_from_books(person: Person, base: Path | None) -> None:
    """Learn from all verdicts of the books, and keep the ruleset."""
    settings = load_run_settings(person.settings)
    with acting_as(person) as who:
        taught: Lesson = who.do(lesson)
        with who.store.reading(who.tenant) as connection:
            taken = None if base else taken_ruleset(connection, who.tenant)
        rules = _rules_of(taken) if taken else load_ruleset(base or settings.ruleset)
        records = (taught.transactions, taught.invoices, taught.labels)
        faults = label_faults(*records)
        with stage(f"learning from {counted(len(taught.labels), 'label')}"):
            learnt = learn(*records, rules)
        version = who.do(lambda books: keep_ruleset(books, ruleset_to_toml(learnt)))
    for line in describe_learnt(learnt):
        say(stdout(), line)
    _say_kept(version)
    finish(faults)


def add(person: Person, file: Path) -> None:
    """Keep a ruleset of a file."""
    content = ruleset_to_toml(load_ruleset(file))
    with acting_as(person) as who:
        version = who.do(lambda books: keep_ruleset(books, content))
    _say_kept(version)


def take(person: Person, version: int) -> None:
    """Let every run from now on match with a ruleset."""
    with acting_as(person) as who:
        who.do(lambda books: take_ruleset(books, version))
    say(stdout(), f"ruleset {version} is taken; the next run matches with it")


def show_list(file: Path) -> None:
    """Print the rulesets of the books."""
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        found = kept_rulesets(connection, settings.tenant)
        taken = taken_ruleset(connection, settings.tenant)
    for each in found:
        mark = "; taken" if taken and taken.version == each.version else ""
        learnt = _rules_of(each).learnt.labels
        said = f"; learnt from {counted(learnt, 'label')}" if learnt else ""
        kept = (
            f"{each.version}: kept {each.created_at:%Y-%m-%d %H:%M} UTC by {each.actor}"
        )
        say(stdout(), kept + said + mark)


def show(file: Path, version: int) -> None:
    """Print a ruleset of the books as TOML."""
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        found = kept_ruleset(connection, settings.tenant, version)
    write_out(found.content)


def export(file: Path, folder: Path) -> None:
    """Write the verdicts, and the records they were given on, as files."""
    settings = load_run_settings(file)
    with opened(settings) as store:
        run = Run(store=store, tenant=settings.tenant, clock=utc_now)
        taught = store.write(run.act(), lesson)
    folder.mkdir(exist_ok=True)
    write_transactions(taught.transactions, folder / "transactions.jsonl")
    write_invoices(taught.invoices, folder / "invoices.jsonl")
    write_labels(taught.labels, folder / "labels.jsonl")
    counts = (
        counted(len(taught.transactions), "transaction"),
        counted(len(taught.invoices), "invoice"),
        counted(len(taught.labels), "label"),
    )
    say(stdout(), f"written to {folder}: {', '.join(counts)}")


def _rules_of(kept: KeptRuleset) -> Ruleset:
    try:
        return Ruleset.from_toml(kept.content)
    except RulesetError as error:
        name = f"ruleset {kept.version} of the books"
        raise FileError(name, "\n".join(error.faults)) from None


def _say_kept(version: int) -> None:
    say(stdout(), f"kept as ruleset {version}; `payymo ruleset take {version}` uses it")
