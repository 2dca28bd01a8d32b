"""The report's page: complete, self-contained, and safe against what it shows."""

import json
import re
from base64 import b64encode
from datetime import date
from decimal import Decimal
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.demo import INVOICES, STATEMENT, copy_files
from payymo_adapters.files import read_ledger, read_statement
from payymo_adapters.report.figures import Group, figures, group_of
from payymo_adapters.report.findings import MOST_CASES
from payymo_adapters.report.page import Source, render, write_report
from payymo_adapters.report.wording import amount, passed_over, percent
from payymo_core import Counterparty, Customer, Invoice, MatchResult, Transaction, match
from payymo_core.advice import what_would_settle
from payymo_core.money import exponent_of

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&lt;\u2028"


def page(result: MatchResult) -> str:
    sources = (Source(name=HOSTILE, format="made up", notes=(HOSTILE,)),)
    return "".join(render(result, sources))


def one_match(text: str) -> MatchResult:
    return match(
        [
            Transaction(
                id=f"t {text}",
                amount=Decimal("9.5"),
                currency="EUR",
                booking_date=date(2026, 5, 4),
                remittance=f"{text} INV-2026-004711",
                counterparty=Counterparty(name=text),
            )
        ],
        [
            Invoice(
                id=f"i {text}",
                number="INV-2026-004711",
                outstanding=Decimal("9.50"),
                currency="EUR",
                customer=Customer(id="c", company=text),
            )
        ],
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> MatchResult:
    home = tmp_path_factory.mktemp("demo")
    copy_files(home)
    statement = read_statement(home / STATEMENT)
    return match(statement.records, read_ledger(home / INVOICES).records)


class Reader(HTMLParser):
    """Collects what a browser would see as tags, and the blocks of script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, str]] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside.removeprefix(tag)

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            self.blocks.append((self.inside, data))


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def data_of(html: str) -> dict[str, list[dict[str, object]]]:
    found = re.search(r'id="run">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, list[dict[str, object]]] = json.loads(found[1])
    return data


def test_no_text_becomes_markup() -> None:
    plain, hostile = page(one_match("plain")), page(one_match(HOSTILE))
    assert [tag for tag, _ in read(hostile).tags] == [
        tag for tag, _ in read(plain).tags
    ]
    rows = data_of(hostile)["transactions"]
    assert rows[0]["payer"] == HOSTILE


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_arrives_as_it_was(text: str) -> None:
    rows = data_of(page(one_match(text)))["transactions"]
    assert rows[0]["id"] == f"t {text}"


def test_the_page_asks_for_nothing_from_anywhere(demo: MatchResult) -> None:
    html = page(demo)
    for tag, attributes in read(html).tags:
        assert tag not in ("link", "iframe", "object", "base", "img")
        assert "src" not in attributes
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    shell = html.split('<script type="application/json"')[0]
    assert "http" not in shell.replace("http-equiv", "")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML", html)


def test_the_policy_allows_exactly_the_one_script_and_the_one_style(
    demo: MatchResult,
) -> None:
    reader = read(page(demo))
    policy = next(
        attributes["content"] or ""
        for tag, attributes in reader.tags
        if tag == "meta" and "http-equiv" in attributes
    )
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    [(_, style)] = [block for block in reader.blocks if block[0] == "style"]
    scripts = [block[1] for block in reader.blocks if block[0] == "script"]
    for content in (style, scripts[-1]):
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    before = [tag for tag, _ in reader.tags]
    assert before.index("meta") < before.index("style") < before.index("script")


def test_every_transaction_is_in_it_once_with_evidence_that_adds_up(
    demo: MatchResult,
) -> None:
    rows = data_of(page(demo))["transactions"]
    assert [row["id"] for row in rows] == [found.transaction for found in demo]
    for row, found in zip(rows, demo, strict=True):
        assert row["group"] == group_of(found)
        evidence = row["evidence"]
        assert isinstance(evidence, list)
        bits = sum(part["bits"] for part in evidence)
        assert 1 / (1 + 2**-bits) == pytest.approx(found.confidence, abs=1e-9)


def test_each_review_shows_its_rivals_with_their_evidence(demo: MatchResult) -> None:
    rows = data_of(page(demo))["transactions"]
    rivals = [
        proposal
        for row in rows
        if row["group"] == "review" and "ambiguous" in str(row["reasons"])
        for proposal in row["proposals"]  # type: ignore[attr-defined]
    ]
    assert len(rivals) > 4
    for proposal in rivals:
        assert proposal["invoices"]
        assert len(proposal["invoices"]) > 1 or proposal["evidence"]


def test_what_would_settle_it_stands_beside_each_review_and_what_is_left_over(
    demo: MatchResult,
) -> None:
    rows = data_of(page(demo))["transactions"]
    for row, found in zip(rows, demo, strict=True):
        assert bool(row["settle"]) == (row["group"] != Group.MATCH)
        assert str(row["settle"]) in str(row["why"])
        advice = what_would_settle(demo, found.transaction)
        assert row["settle"] == ("" if advice is None else advice.sentence)
    twins = [r for r in rows if "82.11 EUR are open" in str(r["settle"])]
    assert len(twins) == 3


def test_rejected_records_are_told(tmp_path: Path) -> None:
    record = Transaction(id="t", amount=Decimal(1), currency="EUR")
    result = match([record, record], [])
    write_report(result, tmp_path / "r.html", ())
    about = data_of((tmp_path / "r.html").read_text("utf-8"))["about"]
    assert "duplicate id" in str(about["rejected"])  # type: ignore[call-overload]


def test_what_is_wrong_with_the_data_is_told(demo: MatchResult) -> None:
    about: dict[str, Any] = data_of(page(demo))["about"]  # type: ignore[assignment]
    told = {row["code"]: row for row in about["findings"]}
    assert set(told) == {"paid_twice", "closed_invoice_named"}
    assert told["paid_twice"]["count"] == len(told["paid_twice"]["cases"]) == 4
    for row in told.values():
        assert row["says"]
        assert row["advice"]
        assert all(case["says"] and case["ids"] for case in row["cases"])


def test_the_report_shows_so_many_cases_and_counts_the_rest() -> None:
    held = [
        Invoice(
            id=f"i{n}", number=f"A-{n // 2}", outstanding=Decimal(5), currency="EUR"
        )
        for n in range(10_000, 10_200)
    ]
    about: dict[str, Any] = data_of(page(match([], held)))["about"]  # type: ignore[assignment]
    (row,) = about["findings"]
    assert row["count"] == 100
    assert len(row["cases"]) == MOST_CASES


def test_the_page_is_the_same_each_time(demo: MatchResult) -> None:
    assert page(demo) == page(demo)


def test_figures_conserve_the_money(demo: MatchResult) -> None:
    found = figures(demo)
    assert sum(figure.count for figure in found.groups) == len(demo)
    records = demo.run.transactions.records
    for currency in ("EUR", "USD"):
        whole = sum(r.amount for r in records if r.currency == currency)
        grouped = sum(f.money.get(currency, Decimal(0)) for f in found.groups)
        assert grouped == whole
        matched = next(f for f in found.groups if f.group is Group.MATCH)
        gross = matched.money[currency] + found.fees.get(currency, Decimal(0))
        left = found.unapplied.get(currency, Decimal(0))
        assert gross == found.applied[currency] + left


def test_what_is_passed_over_is_said_for_every_kind_there_is() -> None:
    capped = one_match("").capped
    assert len(capped) >= 4
    for kind in capped:
        [said] = passed_over({**dict.fromkeys(capped, 0), kind: 1})
        assert said.startswith("1 ")
    assert passed_over(dict.fromkeys(capped, 0)) == []


@given(st.floats(0, 1))
def test_a_confidence_is_never_written_as_certain(confidence: float) -> None:
    assert percent(confidence) not in ("100.0 %", "0.0 %")


@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(
    minor: int, currency: str
) -> None:
    value = Decimal(minor).scaleb(-exponent_of(currency))
    written = amount(value, currency).removesuffix(f" {currency}").replace(",", "")
    assert Decimal(written) == value
    assert len(written.partition(".")[2]) == exponent_of(currency)
