"""The registry of scoring rules: pure functions named `name@version`. To add one, copy a neighbour and give it a line here."""

from collections.abc import Callable, Mapping, Sequence

from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, Score
from arena.scoring.domain.rules_points import points_1

Rule = Callable[[Contest, Contestant, Sequence[CountedFact]], Score]

RULES: Mapping[str, Rule] = {"points@1": points_1}


class RuleUnknown(Exception):
    """This version has no such rule: a later one made the battle."""

    slug = "rule-unknown"

    def __init__(self, rule: str) -> None:
        super().__init__(f"This version knows no rule {rule!r}; it knows {', '.join(sorted(RULES))}.")
        self.rule = rule


def score(contest: Contest, contestant: Contestant, facts: Sequence[CountedFact]) -> Score:
    """Apply the contest's rule to facts that `select_facts` has let through; raises RuleUnknown."""
    rule = RULES.get(contest.scoring.rule)
    if rule is None:
        raise RuleUnknown(contest.scoring.rule)
    return rule(contest, contestant, facts)
