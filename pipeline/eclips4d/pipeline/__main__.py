"""`python -m eclips4d.pipeline` is `eclips4d`."""

import sys

from eclips4d.pipeline.cli import main

sys.exit(main())
