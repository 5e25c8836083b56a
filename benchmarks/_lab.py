"""JupyterLab in a real browser, as a learner finds it: what several benchmarks begin with."""

import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def learners_page():
    """The page that a learner gets from `python course`, in a copy of the course."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGS, CHROMIUM
    from tests.browser.test_lab import copy_of_the_course, first_page

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = copy_of_the_course(Path(folder, "copy"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        with first_page(root, Path(folder, "home"), browser) as page:
            yield page
        browser.close()
