"""Sphinx's configuration for the site; `backprop site` copies it to where it lays the sources out."""

import os

from nbclient import NotebookClient

from course import __version__
from course.authoring.replies import seeing_replies

project = "Backpropagation, by hand and by heart"
html_title = "Backpropagation"
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
nb_execution_excludepatterns = ["course/exercises/**"]        # to be read here, and written elsewhere
nb_execution_raise_on_error = True
nb_ipywidgets_js = {}           # a widget is a frame here, or not shown
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 5),
                              ("html", "application/vnd.jupyter.widget-view+json", 90)]
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_static_path = ["site/static"]
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


def setup(app):
    app.connect("autodoc-process-docstring", plain, priority=400)       # before napoleon makes markup of it
