"""What is shown as HTML where there is a screen for it, and as text elsewhere."""

import sys


def show(text: str, html: str) -> None:
    """Show a fragment of HTML in a notebook; elsewhere print the text."""
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display({"text/plain": text, "text/html": html}, raw=True)
            return
    print(text)
