"""Who looks on at a sweep."""

from collections.abc import Sequence

from threshold_lab.executors import AtWork
from threshold_lab.heads import Contract
from threshold_lab.records import Suspicion


class Watch:
    """Told what is planned and done, and says nothing of it; `checkpoint`, `training` and `waiting` may raise to stop.

    Whoever wants to say or show something takes the methods it needs.
    """

    def waiting(self, why: str) -> None:
        """Take note, several times a second, of what is waited for: another sweep, or a server; raise to stop here."""

    def suspicious(self, found: Sequence[Suspicion]) -> None:
        """Take note of what may be wrong with the data; not called where nothing is."""

    def planned(self, *, jobs: int, recorded: int, lanes: int, trained: int, programs: int) -> None:
        """Take note of what there is: all jobs and those recorded before, all lanes and those trained before."""

    def contracts(self, contracts: Sequence[Contract]) -> None:
        """Take note of what each distinct pair of activation and loss that is to be trained comes to."""

    def trained(self, lanes: int) -> None:
        """Take note that one more program is done."""

    def recorded(self, key: str) -> None:
        """Take note that the run of one more job is stored, by the job's key."""

    def summing_up(self) -> None:
        """Take note that the table and the pictures of the whole sweep are being made."""

    def training(self, at_work: AtWork) -> None:
        """Take note, several times a second, of how far the programs at work are; raise to stop here."""

    def checkpoint(self) -> None:
        """Raise to stop here."""
