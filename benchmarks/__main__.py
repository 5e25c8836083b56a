"""`python -m benchmarks NAME …` runs main(argv) of the module benchmarks.NAME."""
import sys
from importlib import import_module
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))

if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
    sys.exit(f"usage: python -m benchmarks NAME …, where NAME is one of: {', '.join(NAMES)}")
sys.exit(import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:]))
