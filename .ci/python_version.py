"""Exit 0 if this interpreter can carry eclips4d; runs on any Python 3, so no new syntax here."""

import sys

for module in ("venv", "ensurepip"):
    try:
        __import__(module)
    except ImportError:
        sys.exit("this Python has no " + module + " (Debian: apt-get install python3-venv)")
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit("eclips4d needs Python 3.11, 3.12 or 3.13, this is " + sys.version.split()[0])
