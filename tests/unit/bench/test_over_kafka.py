"""What the measurements over Kafka make of their runs."""

from bench import live_over_kafka, scoring_over_kafka
from bench.live_latency import Measured


def met(rates: dict[int, list[float]], wrong: int = 0, memory: tuple[float, ...] = (100.0, 110.0)) -> list[str]:
    return [figure.name for figure in scoring_over_kafka.figures(rates, wrong, list(memory)) if not figure.met]


def test_a_second_process_must_score_more_than_half_as_much_again() -> None:
    assert met({1: [20_000, 24_000], 2: [36_000, 40_000]}) == []
    assert met({1: [24_000], 2: [36_000]}) == ["facts_scored_by_two"]
    assert met({1: [19_000], 2: [36_000]}) == ["facts_scored_over_kafka"]


def test_a_wrong_line_and_memory_that_grows_miss() -> None:
    fine = {1: [21_000.0], 2: [40_000.0]}
    assert met(fine, wrong=1) == ["lines_unlike_over_kafka"]
    assert met(fine, memory=(100.0, 105.0, 120.0)) == ["memory_growth_of_scoring"]


def test_what_kafka_adds_is_the_difference_of_the_tails_of_each_pair() -> None:
    def run(milliseconds: float) -> Measured:
        return Measured((milliseconds,) * 10, (1.0, 1.0), 0.1)

    [figure] = live_over_kafka.figures([(run(40), run(60)), (run(100), run(110)), (run(50), run(80))])
    assert (figure.value, figure.met) == (20, True)
    [missed] = live_over_kafka.figures([(run(40), run(66))])
    assert not missed.met
