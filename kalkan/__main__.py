"""``python -m kalkan``: the same as the command."""

import sys

from kalkan.cli import main

sys.exit(main())
