"""The report in a real browser; skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver import ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from payymo_adapters.cli import main
from payymo_adapters.exchange import read_matches
from payymo_core import Match, Outcome, Reason

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
HOSTILE = "<img src=x onerror=alert(1)></script><b>bold</b>"

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no chromium and chromedriver here"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    assert CliRunner().invoke(main, ["demo", "--dir", str(home)]).exit_code == 0
    return home


@pytest.fixture(scope="module")
def matches(demo: Path) -> list[Match]:
    return read_matches(demo / "matches.jsonl")


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1200,1400"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Both are named, so that Selenium looks for neither on the network.
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


class Page:
    """The report as a person meets it."""

    def __init__(
        self, browser: webdriver.Chrome, path: Path, fragment: str = ""
    ) -> None:
        self.browser = browser
        browser.get("about:blank")
        browser.get(path.as_uri() + fragment)

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def every(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def shown(self) -> str:
        return self.one("#shown").text

    def shows(self, count: int) -> None:
        begin = f"{count} of "
        WebDriverWait(self.browser, 5).until(lambda _: self.shown().startswith(begin))

    def complaints(self) -> list[object]:
        return list(self.browser.get_log("browser"))  # type: ignore[no-untyped-call]


@pytest.fixture
def page(browser: webdriver.Chrome, demo: Path) -> Page:
    return Page(browser, demo / "report.html")


def test_it_draws_itself_without_a_complaint(page: Page, matches: list[Match]) -> None:
    page.shows(len(matches))
    matched = [m for m in matches if m.outcome is Outcome.MATCH]
    assert page.one(".tile.match .number").text == str(len(matched))
    assert page.every(".stack .piece")
    assert page.complaints() == []


def test_a_tile_says_what_its_share_is_of(page: Page, matches: list[Match]) -> None:
    incoming = [m for m in matches if Reason.OUTGOING not in m.reasons]
    matched = sum(m.outcome is Outcome.MATCH for m in incoming)
    share = f"{matched / len(incoming):.1%}".replace("%", " %")
    assert (
        page.one(".tile.match .share").text == f"{share} of the incoming transactions"
    )


def test_the_outcomes_are_called_as_everywhere(page: Page) -> None:
    words = ["match", "review", "none", "none: outgoing", "none: pending"]
    assert [tile.text for tile in page.every(".tile .name")] == words
    assert [chip.text for chip in page.every(".chip .name")] == ["all", *words]
    titles = [
        title.text.rpartition(" ")[0].lower()
        for title in page.every("[data-section] h2")
    ]
    assert set(titles) <= set(words)
    assert len(titles) > 3


def test_a_finding_opens_to_its_cases_and_what_to_do(page: Page) -> None:
    finding = page.one(".finding")
    assert "paid the same amount" in finding.text
    assert "KN-2026-01382" not in finding.text
    finding.find_element(By.CSS_SELECTOR, "summary").click()
    assert "KN-2026-01382" in finding.text
    assert "Ask the payer" in finding.text


def test_each_review_is_a_card_with_rivals_and_bars(
    page: Page, matches: list[Match]
) -> None:
    reviews = [m for m in matches if m.outcome is Outcome.REVIEW]
    cards = page.every(".card")
    assert len(cards) == len(reviews)
    for card, review in zip(cards, reviews, strict=True):
        proposals = card.find_elements(By.CSS_SELECTOR, ".proposal")
        assert len(proposals) == 1 + len(review.alternatives)
        assert card.find_elements(By.CSS_SELECTOR, ".evidence .for, .evidence .against")
    first = page.one(".card .evidence .for")
    assert first.size["width"] > 0


def test_clicking_an_outcome_leaves_only_that_one(
    page: Page, matches: list[Match]
) -> None:
    reviews = sum(m.outcome is Outcome.REVIEW for m in matches)
    page.one("[data-group=review]").click()
    page.shows(reviews)
    sections = page.every("[data-section]")
    assert [s.get_attribute("data-section") for s in sections] == ["review"]
    assert page.one("[data-group=review]").get_attribute("aria-pressed") == "true"
    page.one("#clear").click()
    page.shows(len(matches))


def test_typing_finds_and_the_counts_follow(page: Page) -> None:
    page.one("#q").send_keys("sammelzahlung")
    page.shows(3)
    assert page.one("[data-group=match] .count").text == "3"
    assert page.one("[data-group=review] .count").text == "0"
    assert len(page.every(".line")) == 3
    page.one("#q").send_keys(Keys.CONTROL, "a", Keys.NULL, "no such text")
    page.shows(0)
    assert "No transaction" in page.one("#results").text


def test_a_reason_and_a_currency_can_be_chosen(
    page: Page, matches: list[Match]
) -> None:
    wanted = sum("currency_differs" in m.reasons for m in matches)
    Select(page.one("#reason")).select_by_value("currency_differs")
    page.shows(wanted)
    page.one("#clear").click()
    Select(page.one("#currency")).select_by_value("USD")
    page.shows(6)
    assert "EUR" not in page.shown()


def test_a_match_opens_to_its_evidence_by_keyboard(page: Page) -> None:
    page.one("[data-group=match]").click()
    line = page.one(".line")
    assert not line.find_elements(By.CSS_SELECTOR, ".evidence")
    line.find_element(By.CSS_SELECTOR, "summary").send_keys(Keys.ENTER)
    WebDriverWait(page.browser, 5).until(
        lambda _: line.find_elements(By.CSS_SELECTOR, ".evidence .for")
    )
    page.one("body").send_keys("/")
    focused = page.browser.switch_to.active_element
    assert focused.get_attribute("id") == "q"


def test_a_line_shows_its_id_and_that_it_opens(
    page: Page, matches: list[Match]
) -> None:
    marker = (
        "return getComputedStyle(arguments[0].firstElementChild, '::before').content"
    )
    page.one("[data-group=match]").click()
    line = page.one(".line")
    matched = [m.transaction for m in matches if m.outcome is Outcome.MATCH]
    shown = line.find_element(By.CSS_SELECTOR, ".id")
    assert (shown.is_displayed(), shown.text) == (True, matched[0])
    closed = page.browser.execute_script(marker, line)
    line.find_element(By.CSS_SELECTOR, "summary").click()
    opened = page.browser.execute_script(marker, line)
    assert "none" not in (closed, opened)
    assert closed != opened


def test_the_period_of_the_transactions_is_said(page: Page) -> None:
    assert "400 transactions from 2026-05-04 to 2026-05-29" in page.one("#sources").text


def reported(home: Path, transactions: str) -> Path:
    """The report of transactions and of one invoice."""
    bank, ledger = home / "bank.jsonl", home / "open.jsonl"
    bank.write_text(transactions, encoding="utf-8")
    ledger.write_text(
        '{"id": "i", "outstanding": "5.00", "currency": "EUR"}\n', encoding="utf-8"
    )
    report = home / "report.html"
    arguments = ["match", str(bank), str(ledger), "--report", str(report)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    return report


def test_an_empty_run_is_not_blamed_on_the_filter(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    page = Page(browser, reported(tmp_path, ""))
    page.shows(0)
    assert page.one("#results").text == "There are no transactions in this run."


def test_one_is_not_called_several(browser: webdriver.Chrome, tmp_path: Path) -> None:
    one = (
        '{"id": "t", "amount": "1.00", "currency": "EUR", "booking_date": "2026-05-04"}'
    )
    page = Page(browser, reported(tmp_path, one))
    page.shows(1)
    assert "1 transaction of 2026-05-04 against 1 invoice" in page.one("#sources").text
    assert page.shown().startswith("1 of 1 transaction ")


def test_scrolling_to_the_end_draws_every_row(page: Page, matches: list[Match]) -> None:
    matched = sum(m.outcome is Outcome.MATCH for m in matches)
    page.one("[data-group=match]").click()
    assert len(page.every(".line")) < matched

    def all_drawn(browser: webdriver.Chrome) -> bool:
        browser.execute_script("scrollTo(0, document.body.scrollHeight)")
        return len(page.every(".line")) == matched

    WebDriverWait(page.browser, 20).until(all_drawn)


def test_a_filter_can_be_shared_as_an_address(
    browser: webdriver.Chrome, demo: Path
) -> None:
    page = Page(browser, demo / "report.html", "#outcome=match&q=sammelzahlung")
    page.shows(3)
    assert page.one("#q").get_property("value") == "sammelzahlung"
    page.one("[data-group=none]").click()
    page.shows(0)
    assert browser.current_url.endswith("#outcome=none&q=sammelzahlung")


def test_hostile_texts_are_texts(browser: webdriver.Chrome, tmp_path: Path) -> None:
    bank, ledger = tmp_path / "bank.jsonl", tmp_path / "open.jsonl"
    bank.write_text(
        f'{{"id": "{HOSTILE}", "amount": "5.00", "currency": "EUR", '
        f'"remittance": "{HOSTILE}", "counterparty": {{"name": "{HOSTILE}"}}}}\n',
        encoding="utf-8",
    )
    ledger.write_text(
        f'{{"id": "{HOSTILE}", "outstanding": "5.00", "currency": "EUR"}}\n',
        encoding="utf-8",
    )
    report = tmp_path / "report.html"
    ran = CliRunner().invoke(
        main, ["match", str(bank), str(ledger), "--report", str(report)]
    )
    assert ran.exit_code == 0
    page = Page(browser, report)
    page.shows(1)
    assert page.one(".payer").text == HOSTILE
    assert page.every("#results img, #results b, #results script") == []
    assert page.complaints() == []


def test_nothing_is_wider_than_a_narrow_screen(page: Page) -> None:
    metrics = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        width = page.browser.execute_script(
            "return document.documentElement.scrollWidth"
        )
        assert width <= 400
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


# --- the evaluation -------------------------------------------------------------------


@pytest.fixture(scope="module")
def evaluated(demo: Path) -> Path:
    path = demo / "evaluation.html"
    files = (str(demo / "matches.jsonl"), str(demo / "truth.jsonl"))
    ran = CliRunner().invoke(main, ["evaluate", *files, "--report", str(path)])
    assert ran.exit_code == 0
    return path


@pytest.fixture
def evaluation(browser: webdriver.Chrome, evaluated: Path) -> Page:
    return Page(browser, evaluated)


def test_the_evaluation_is_drawn_without_a_complaint(evaluation: Page) -> None:
    drawings = evaluation.every("svg")
    assert [one.get_attribute("id") for one in drawings] == ["curve", "reliability"]
    for one in drawings:
        assert one.size["width"] > 500
        assert one.size["height"] > 300
    assert evaluation.complaints() == []


def test_a_drawing_has_a_name_for_who_does_not_see_it(evaluation: Page) -> None:
    assert [one.accessible_name for one in evaluation.every("svg")] == [
        "Precision, straight-through and review load by threshold",
        "Reliability diagram",
    ]


def test_no_two_words_of_a_drawing_lie_on_each_other(evaluation: Page) -> None:
    for drawing in evaluation.every("svg"):
        boxes = [one.rect for one in drawing.find_elements(By.CSS_SELECTOR, "text")]
        edge = drawing.rect
        for place, box in enumerate(boxes):
            assert edge["x"] <= box["x"]
            assert box["x"] + box["width"] <= edge["x"] + edge["width"]
            assert not [other for other in boxes[:place] if overlap(box, other)]


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes share more than the blank that lines of text have above."""
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(
        one["x"], other["x"]
    )
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(
        one["y"], other["y"]
    )
    return across > 1 and down > 3


def test_the_evaluation_can_be_read_in_the_dark(evaluation: Page) -> None:
    def colours() -> tuple[str, str, str]:
        card, line = evaluation.one(".chart"), evaluation.one("svg .line")
        word = evaluation.one("svg .name")
        return (
            card.value_of_css_property("background-color"),
            line.value_of_css_property("stroke"),
            word.value_of_css_property("fill"),
        )

    light = colours()
    feature = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    evaluation.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", feature)
    try:
        dark = colours()
    finally:
        evaluation.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {})
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert len(set(dark)) == 3


def test_the_evaluation_is_not_wider_than_a_narrow_screen(evaluation: Page) -> None:
    metrics = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    evaluation.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        width = evaluation.browser.execute_script(
            "return document.documentElement.scrollWidth"
        )
        assert width <= 400
    finally:
        evaluation.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
