"""Sphinx's configuration for the site; `backprop site` copies it to where it lays the sources out."""

import os
import re
from itertools import pairwise
from pathlib import Path

from babel import Locale
from nbclient import NotebookClient
from sphinx.search.en import SearchEnglish

from course import __version__
from course.authoring.replies import seeing_replies
from course.authoring.site import SHORT, SWITCH, TITLE, folder
from course.words import ENGLISH, tr

language = os.environ["COURSE_LANG"]
project = tr(TITLE)
html_title = tr(SHORT)
author = "the authors of backprop-course"
copyright = "text under CC BY 4.0"
release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["site/**"]
default_role = "code"          # docstrings are plain text, with names in `single` quotes

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = os.environ["SITE_CACHE"]
nb_execution_timeout = 300
nb_execution_excludepatterns = ["course/exercises/*/*"]       # to be read here, and written elsewhere
nb_execution_raise_on_error = True
nb_ipywidgets_js = {}           # a widget is a frame here, or not shown
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 5),
                              ("html", "application/vnd.jupyter.widget-view+json", 90)]
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_static_path = ["site/static"]
templates_path = ["site/templates"]
html_sidebars = {"**": ["sidebar/brand.html", "languages.html", "sidebar/search.html", "sidebar/scroll-start.html",
                        "sidebar/navigation.html", "sidebar/scroll-end.html"]}
html_favicon = "site/static/gate.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_theme_options = {"navigation_with_keys": True}
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
autodoc_typehints = "none"


start = NotebookClient.async_start_new_kernel_client


async def start_seeing_replies(self):
    return seeing_replies(await start(self))


NotebookClient.async_start_new_kernel_client = start_seeing_replies     # of whatever runs the lessons


def plain(app, what, name, obj, options, lines):
    """What a docstring of numpy's says beyond its first sentence is about numpy; a star in ours is a star."""
    if str(getattr(obj, "__module__", "")).startswith("numpy"):
        lines[:] = lines[:lines.index("")] if "" in lines else lines[:1]
    lines[:] = [line.replace("*", r"\*") for line in lines]


class SearchChinese(SearchEnglish):
    """Chinese is written without spaces: two neighbouring characters are a word, as in Lucene's CJKAnalyzer, and so is
    each single one. What is searched for is taken apart in the same way, and all of it must be there. No dictionary is
    needed, and what none has is found, too."""

    lang = "zh"
    language_name = "English"       # whose stemmer the page gets by this name
    js_splitter_code = """
var splitQuery = (query) =>
  (query.match(/[\\u3400-\\u9fff]+|(?:(?![\\u3400-\\u9fff])[\\p{Letter}\\p{Number}_])+/gu) || [])
    .flatMap((run) => /^[\\u3400-\\u9fff]{2}/.test(run)
      ? Array.from(run.slice(1), (character, k) => run[k] + character) : [run]);
"""

    def split(self, input):
        found = []
        for run in re.findall("[\u3400-\u9fff]+|[^\\W\u3400-\u9fff]+", input):
            chinese = run[0] >= "\u3400"
            found += [*run, *map("".join, pairwise(run))] if chinese else [run]
        return found


def languages(app, pagename, templatename, context, doctree):
    """For the switch of a page: where the same page is in each other language; the front where there is none."""
    root = Path(app.srcdir)
    up = "../" * (pagename.count("/") + (language != ENGLISH))
    context["languages"], context["switch"] = [], tr(SWITCH)
    for other in sorted(root.parent.iterdir()):
        if other != root:
            files = [other / f"{pagename}{end}" for end in (".md", ".ipynb")]
            there = pagename in ("search", "genindex") or any(file.exists() for file in files)
            name = Locale.parse(other.name).get_language_name()
            context["languages"].append((other.name.replace("_", "-"), name,
                                         f"{up}{folder(other.name)}{pagename if there else 'index'}.html"))


def setup(app):
    app.add_search_language(SearchChinese)
    app.connect("html-page-context", languages)
    app.connect("autodoc-process-docstring", plain, priority=400)       # before napoleon makes markup of it
