"""Numbers: each department counts its words per county without gaps, so two integers tell repetition and loss."""

from services.alerts.store.ledger import CountyLedger


def hear(county: CountyLedger, department: str, seq: int) -> tuple[int, int] | bool:
    """Note a number: False when it was heard before, True when it is the next, else the gap before it, first and last.

    A number out of a gap that was reported is heard for the first time: the department has sent again what was lost.
    """
    last = county.seqs.get(department, 0)
    if seq == last + 1:
        county.seqs[department] = seq
        return True
    if seq <= last:
        return _fill(county, department, seq)
    county.seqs[department] = seq
    gap = (last + 1, seq - 1)
    county.missing.setdefault(department, []).append(gap)
    return gap


def _fill(county: CountyLedger, department: str, seq: int) -> bool:
    gaps = county.missing.get(department, [])
    for at, (first, last) in enumerate(gaps):
        if first <= seq <= last:
            rest = [(first, seq - 1), (seq + 1, last)]
            gaps[at : at + 1] = [(low, high) for low, high in rest if low <= high]
            if not gaps:
                del county.missing[department]
            return True
    return False
