"""`python -m toy <verb>`: the machinery on parcels."""

import sys

from ontime import cli
from toy import TOY

if __name__ == "__main__":
    sys.exit(cli.main(TOY))
