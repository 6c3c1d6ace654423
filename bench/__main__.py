"""`python -m bench`, which is `make bench`: the figures of the README; `python -m bench door`: those of the doors."""

import sys

from bench import door, words

if __name__ == "__main__":
    if sys.argv[1:2] == ["door"]:
        door.main(sys.argv[2:])
    else:
        words.main(sys.argv[1:])
