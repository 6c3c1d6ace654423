"""The register: what a department says stands, and what one more sending changes in it (docs/feeds.md)."""

from shouwang.kit.adapter.sending import Outcome, Sending, View


def take(sending: Sending, view: View) -> Outcome:
    """What a sending amounts to against what is kept; changes nothing itself."""
    raise NotImplementedError
