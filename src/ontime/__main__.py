"""`python -m ontime <verb>`: joins the machinery and the dataset."""

import sys

from ontime import cli
from ontime.flights import FLIGHTS


def main() -> int:
    """The command `ontime`. Returns the exit code."""
    return cli.main(FLIGHTS)


if __name__ == "__main__":
    sys.exit(main())
