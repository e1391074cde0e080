"""What is said of a model, for a program and for a person."""

from typing import Any

from threshold_lab.explanation.words import paragraphs


class Explanation(dict[str, Any]):
    """What a model's activation, loss and metrics do: the keys of the JSON; as text, the same in words."""

    def __str__(self) -> str:
        return "\n\n".join("\n".join([title, *lines]) for title, lines in paragraphs(self))

    __repr__ = __str__

    @property
    def ids(self) -> list[str]:
        """The ids of all findings."""
        return [own["id"] for own in self["findings"]]
