"""Imported by the server that commands are forked from: nbgrader, and what it asks alembic about each new gradebook."""

import functools
import os
import sys
from pathlib import Path

from nbgrader import api
from nbgrader.apps import nbgraderapp  # noqa: F401    (what all of its commands import)

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
api.get_alembic_version = functools.cache(api.get_alembic_version)
api.get_alembic_version()
