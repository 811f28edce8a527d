"""Bring the tests' registry of schemas if it is missing."""

import sys

from tools.registry import RegistryNotHere, build

try:
    build()
except RegistryNotHere as wrong:
    sys.exit(str(wrong))
