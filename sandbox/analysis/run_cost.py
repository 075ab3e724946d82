"""What one more run takes, by what those so far took. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.analysis.arm import Arm
from sandbox.store.progress import Spent
from sandbox.text import number_of


@dataclass(frozen=True, slots=True)
class RunCost:
    """A shared start with the arms that are compared, as the mean of the finished ones. `spent`: of `runs`
    such runs together, with `sessions` in all."""

    runs: int
    sessions: int
    spent: Spent

    def of(self, runs: int) -> str:
        """`268 sessions, about 7,300 calls, about 2.1 h, about $0.40`: as far as it is known."""
        share = runs / self.runs
        said = [
            number_of(round(self.sessions * share), "session"),
            f"about {self.spent.calls * share:,.0f} calls",
        ]
        if seconds := self.spent.seconds * share:
            hours = f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, seconds / 60):.0f} min"
            said.append(f"about {hours} of asking")
        if self.spent.cost:
            said.append(f"about ${self.spent.cost * share:,.2f}")
        return ", ".join(said)


def run_cost(arms: Iterable[Arm]) -> RunCost | None:
    """None where no shared start has come to its end in all of these arms, or what it took is not known."""
    starts: dict[str, list[Arm]] = {}
    for arm in arms:
        starts.setdefault(arm.trunk, []).append(arm)
    ended = [own for own in starts.values() if all(one.state == "finished" and one.took for one in own)]
    took = {id: spent for own in ended for one in own for id, spent in one.took.items()}
    spent = sum(took.values(), Spent())
    return RunCost(len(ended), len(took), spent) if spent.calls else None
