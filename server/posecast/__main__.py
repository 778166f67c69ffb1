"""`python -m posecast`: the same as the command `posecast`."""

import sys

from posecast.cli import main

if __name__ == "__main__":
    sys.exit(main())
