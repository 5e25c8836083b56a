"""Sphinx's configuration for the site; `backprop site` copies it to where it lays the sources out."""

import os

from course import __version__

project = "Backpropagation, by hand and by heart"
html_title = project
author = "the authors of backprop-course"
copyright = "text under CC BY 4.0"
release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["site/**"]

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = os.environ["SITE_CACHE"]
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_ipywidgets_js = {}           # a widget is a frame here, or not shown
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 5),
                              ("html", "application/vnd.jupyter.widget-view+json", 90)]
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_theme_options = {"navigation_with_keys": True}
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
autodoc_typehints = "none"
