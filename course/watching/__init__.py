"""Watch it learn: a small network in training, live in a notebook, recorded on a page."""
