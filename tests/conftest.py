"""One closing line for the whole run: what could not run here, and why."""

from collections import Counter

import pytest


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says last what was skipped, counted by reason, so that a short run is never mistaken for a whole one."""
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    said = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common())
    terminalreporter.write_line(f"not run here: {said}" if said else "everything selected ran")
