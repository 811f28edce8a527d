"""`arena topics`: Kafka's topics, as contracts/topics.yaml asks for them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena import contracts
from arena.chassis.core.settings import SettingsError
from arena.chassis.core.settings_kafka import NO_CLIENT, lacks_client
from arena.cli.console import AsJson, fail, say, show_json
from arena.cli.settings import WRONG_USE, current_settings

if TYPE_CHECKING:
    from arena.chassis.bus.kafka.topics import Administration, Step

app = typer.Typer(help="Kafka's topics: plan, apply.", no_args_is_help=True)
Copies = Annotated[
    int | None,
    typer.Option(
        "--copies", min=1, help="Copies of each partition (Kafka's replication factor); without it 3, or one a broker if there are fewer."
    ),
]


@dataclass(frozen=True, slots=True)
class _Survey:
    """What was found, and what is to be done."""

    brokers: "Administration"
    copies: int
    steps: "list[Step]"

    def rows(self) -> list[dict[str, Any]]:
        return [{"topic": step.topic, "does": step.words, "by_hand": step.by_hand} for step in self.steps]

    def by_hand(self) -> "list[Step]":
        return [step for step in self.steps if step.by_hand]


@app.command()
def plan(copies: Copies = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Tell what `apply` would do; ends with 1 when something must be done by hand."""
    survey = _survey(copies)
    if as_json:
        show_json(survey.rows())
    else:
        for step in survey.steps:
            say(f"{'by hand' if step.by_hand else 'would'}: {step.topic}: {step.words}")
        if not survey.steps:
            say("every topic is as it must be")
    raise typer.Exit(1 if survey.by_hand() else 0)


@app.command()
def apply(copies: Copies = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Make the topics that are missing, and raise what is set too low; deletes nothing. Safe to repeat."""
    from arena.chassis.bus.kafka.topics import TopicsUnknown  # noqa: PLC0415 - the client of Kafka is only there where Kafka is

    survey = _survey(copies)
    for step in survey.steps:
        try:
            survey.brokers.take(step, survey.copies)
        except TopicsUnknown as unknown:
            fail(f"{step.topic}: {unknown}", WRONG_USE)
        if not as_json:
            say(f"{'by hand' if step.by_hand else 'done'}: {step.topic}: {step.words}")
    if as_json:
        show_json(survey.rows())
    elif not survey.steps:
        say("every topic is as it must be")
    raise typer.Exit(1 if survey.by_hand() else 0)


def _survey(copies: int | None) -> _Survey:
    if lacks_client():
        fail(NO_CLIENT, WRONG_USE)
    from arena.chassis.bus.kafka import connection, topics  # noqa: PLC0415 - see above

    settings = current_settings()
    wanted = topics.topics_of(contracts, settings.kafka_prefix)
    try:
        brokers = topics.Administration(connection.reach(settings, "topics"))
        wished = copies or brokers.usual_copies()
        return _Survey(brokers, wished, topics.compare(wanted, brokers.found([topic.name for topic in wanted]), wished))
    except (topics.TopicsUnknown, SettingsError) as unknown:
        fail(str(unknown), WRONG_USE)
