"""Lets the tests of the drawing import the circuits that they share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
