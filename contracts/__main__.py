"""`python -m contracts export` writes published/ again; `python -m contracts check` says what is not current there."""

import sys

from contracts import export


def main(arguments: list[str]) -> int:
    """0 done or current; 1 something is not current; 2 wrong usage."""
    if arguments == ["export"]:
        export.write()
        return 0
    if arguments == ["check"]:
        differing = export.stale()
        for name in differing:
            sys.stderr.write(
                f"contracts/published/{name} is not what the contracts say; run make fix and look at the diff\n"
            )
        return int(bool(differing))
    sys.stderr.write("usage: python -m contracts export | check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
