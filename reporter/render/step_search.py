"""Which step of the runbook is about a thing to do, and which steps nothing else on the page tells."""

from collections.abc import Iterable, Iterator
from typing import Final

from reporter.model.closing_reports import RunbookStep

_PHASES: Final = frozenset({"now", "soon"})
"""The phases whose steps are about what is open."""

Words = tuple[str, ...]
"""Texts that all have to be in a step: in its task, its reason or its command."""


class StepSearch:
    """The steps of a runbook that are about what is open; each that was found is told by who found it."""

    def __init__(self, steps: Iterable[RunbookStep]) -> None:
        self._texts = [(one, f"{one.task}\n{one.why}\n{one.command} ") for one in steps if one.phase in _PHASES]
        self._told: set[int] = set()

    def find(self, said: Iterable[Words]) -> RunbookStep | None:
        """Find the first step that says all of some words, the best words before the others."""
        for words in said:
            for step in self._saying(words):
                self._told.add(step.number)
                return step
        return None

    def tell(self, said: Iterable[Words]) -> None:
        """Count every step that says some of these words as told."""
        for words in said:
            self._told.update(step.number for step in self._saying(words))

    def left(self) -> Iterator[RunbookStep]:
        """Give the steps that nobody told, in their order."""
        return (step for step, _ in self._texts if step.number not in self._told)

    def _saying(self, words: Words) -> Iterator[RunbookStep]:
        return (step for step, text in self._texts if all(word and word in text for word in words))
