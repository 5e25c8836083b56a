"""One browser for a file of tests: Debian's chromium, driven by playwright."""

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, tmp_path):
    """visit(what is saved as a page, **context options) opens it; afterwards nothing went wrong or over the network."""
    opened = []

    def open_page(drawn, **options):
        path = tmp_path / f"{len(opened)}.html"
        drawn.save(path)
        context = browser.new_context(offline=True, **options)
        page = context.new_page()
        trouble = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: trouble.append(request.url) if not request.url.startswith("file:") else None)
        page.goto(path.as_uri())
        opened.append((context, trouble))
        return page

    yield open_page
    for context, trouble in opened:
        context.close()
        assert trouble == []
