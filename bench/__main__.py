"""`python -m bench`, which is `make bench`: the figures of the README."""

import sys

from bench import words

if __name__ == "__main__":
    words.main(sys.argv[1:])
