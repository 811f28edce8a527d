"""What the sources say about types and fields, in the resource's words."""

import re

from arena.chassis.core import docstrings
from arena_operator.crd.words import camel, pascal


def of_class(kind: type) -> str:
    """The docstring of a class, on one line."""
    return _in_its_words(docstrings.of_class(kind))


def of_field(owner: type, name: str) -> str:
    """The text under a field; empty where there is none."""
    return _in_its_words(docstrings.of_field(owner, name))


def _in_its_words(text: str) -> str:
    """`days: own` is `days: Own` there, `lead_time` is `leadTime`."""
    joined = re.sub(r"`(days): (\w+)`", lambda said: f"`{said[1]}: {pascal(said[2])}`", text)
    return re.sub(r"`([a-z]+(?:_[a-z]+)+)`", lambda said: f"`{camel(said[1])}`", joined)
