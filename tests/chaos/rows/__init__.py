"""The rows T1 to T19 of the streams' test matrix, each a scenario that runs alone."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.chaos.judge import Verdict
from tests.chaos.rows import bad_lines, changes, crashes, disks, streams, takeover
from tests.chaos.rows.scene import Scale

ROWS: Final[Mapping[str, Callable[[Scale], Verdict]]] = {
    "T1": crashes.t1, "T2": crashes.t2, "T3": crashes.t3, "T4": crashes.t4, "T5": crashes.t5,
    "T6": takeover.t6, "T7": takeover.t7, "T8": bad_lines.t8, "T9": bad_lines.t9,
    "T10": disks.t10, "T11": disks.t11, "T12": streams.t12, "T13": streams.t13, "T14": streams.t14,
    "T15": streams.t15, "T16": bad_lines.t16, "T17": changes.t17, "T18": changes.t18, "T19": changes.t19,
}  # fmt: skip
