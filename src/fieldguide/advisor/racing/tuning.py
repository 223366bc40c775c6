"""Whose hyperparameters are searched, and what the search brings to the leaderboard.

The held-out examples, which decide the race, see only the best trial of each algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fieldguide import catalog
from fieldguide.advisor import words
from fieldguide.advisor.racing import data_store
from fieldguide.advisor.racing.arena import Arena
from fieldguide.advisor.racing.heats import Search, heat_seconds, take_validation, validation_score
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.judging import MODEL
from fieldguide.advisor.racing.leaderboard import TUNED, Row
from fieldguide.advisor.racing.run_folder import DATA, read_json
from fieldguide.advisor.racing.search import searched

LEADERS = 3  # algorithms whose hyperparameters are searched, at most


class Tuning:
    """Searches the leaders' hyperparameters and enters the best of each.

    Args:
        arena: Where the race takes place.
    """

    def __init__(self, arena: Arena):
        self.arena = arena

    def run(self) -> None:
        """Search, one leader after the other, the best first."""
        if not len(data_store.read_validation(self.arena.folder / DATA)):
            self._say("No hyperparameters were searched: there are too few examples to judge by.")
            return
        if self._is_settled():
            return
        searches = self._leaders()
        if self._is_settled():  # baselines are judged only now
            return
        for place, search in enumerate(searches):
            left = self.arena.left  # the better get a heat at least, before others get anything
            search.run(min(left, max(left / (len(searches) - place), search.least)))
            self._enter(search)
            self.arena.standings.search.append(search.to_dict())
        if searches:
            self._say(_told(searches))

    def _is_settled(self) -> bool:
        title = self.arena.cannot_be_beaten()
        if title is not None:
            self._say(
                "No hyperparameters were searched: on the validation examples, not even a flawless "
                f"model could be told from {words.inside(title)}."
            )
        return title is not None

    def _say(self, sentence: str) -> None:
        self.arena.standings.remark("search", sentence)
        self.arena.standings.update()

    def _leaders(self) -> list[Search]:
        """Return the algorithms that are worth a search, the best first."""
        found = []
        for row in sorted(self.arena.standings.learnt, key=lambda row: row.name):
            if self._is_searchable(row):
                score = validation_score(self.arena, row, self.arena.left / 4)
                found += [] if score is None else [Search(self.arena, row, score)]
        return sorted(found, key=lambda search: -search.score)[:LEADERS]

    def _is_searchable(self, row: Row) -> bool:
        """Whether there is anything to search, and time: who was cut short needs that more."""
        if row.name != row.algorithm or (row.status != "finished" and self.arena.steps is None):
            return False
        kind = catalog.get(row.algorithm).load()
        return bool(searched(kind)) and heat_seconds(kind, row) < self.arena.left

    def _enter(self, search: Search) -> None:
        """Let the best hyperparameters race, if they are better than the defaults."""
        if not search.best:
            return
        model = search.folder / MODEL
        facts: dict[str, Any] = {"validation_score": search.score}
        if model.exists():
            facts["seconds"] = (read_json(search.folder / "result.json") or {}).get("seconds")
        algorithm = search.row.algorithm
        name = f"{algorithm}-{TUNED}"
        job = Job(
            name=name,
            algorithm=algorithm,
            folder=self.arena.entrant(name),
            hyperparameters=search.best,
            steps=self.arena.steps,
            model=str(model.resolve()) if model.exists() else "",
            facts=facts,
        )
        if self.arena.race(job, self.arena.left) is not None:
            take_validation(search.folder, job.folder)


def _told(searches: Sequence[Search]) -> str:
    """Return in a sentence what was searched, and why it ended."""
    each = [
        f"{words.inside(search.row.title)} ({search.trials} trials; {search.ending}"
        + ("" if search.best else "; the defaults stay")
        + ")"
        for search in searches
    ]
    return f"Hyperparameters were searched for {words.listed(each)}."
