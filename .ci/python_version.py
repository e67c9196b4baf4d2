"""Exit 0 if this interpreter can carry eclips4d; runs on any Python 3, so no new syntax here."""

import sys

try:
    import ensurepip
    import venv
except ImportError as error:
    sys.exit("this Python has no %s (Debian: apt-get install python3-venv)" % error.name)
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit("eclips4d needs Python 3.11, 3.12 or 3.13, this is %d.%d" % sys.version_info[:2])
