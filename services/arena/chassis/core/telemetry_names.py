"""Generated from observability/telemetry.yaml by tools/telemetry_names.py: change that, then `make generate`."""

from typing import Final, NamedTuple


class Metric(NamedTuple):
    """A metric: kind of instrument, UCUM unit, description, attributes, upper bounds of the buckets."""

    kind: str
    unit: str
    description: str
    attributes: tuple[str, ...]
    buckets: tuple[float, ...]


class Span(NamedTuple):
    """A span of our own: kind, description, attributes."""

    kind: str
    description: str
    attributes: tuple[str, ...]


METRICS: Final[dict[str, Metric]] = {
    "http.server.request.duration": Metric(
        "histogram",
        "s",
        "Time from the first byte of a request to the last of its answer (of a stream too).",
        ("http.request.method", "http.route", "http.response.status_code"),
        (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    ),
    "http.client.request.duration": Metric(
        "histogram",
        "s",
        "Time of one attempt to call another service.",
        ("http.request.method", "server.address", "http.response.status_code"),
        (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    ),
    "db.client.connections.usage": Metric(
        "up_down_counter",
        "{connection}",
        "Connections of the pools, by state; counted when traces are on.",
        ("pool.name", "state"),
        (),
    ),
    "arena.http.refused": Metric(
        "counter",
        "{request}",
        "Requests answered with a problem, by its slug.",
        ("problem",),
        (),
    ),
    "arena.log.appended": Metric(
        "counter",
        "{event}",
        "Events appended to a log.",
        ("log",),
        (),
    ),
    "arena.consumer.applied": Metric(
        "counter",
        "{event}",
        "Events a consumer has applied.",
        ("consumer", "log"),
        (),
    ),
    "arena.consumer.lag": Metric(
        "gauge",
        "{event}",
        "Events a consumer has still to apply.",
        ("consumer", "log"),
        (),
    ),
    "arena.consumer.batch.duration": Metric(
        "histogram",
        "s",
        "Time a consumer takes for one batch, commit included.",
        ("consumer",),
        (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    ),
    "arena.consumer.parked": Metric(
        "counter",
        "{event}",
        "Events parked because they, or an earlier one of their key, cannot be applied.",
        ("consumer",),
        (),
    ),
    "arena.kafka.missing": Metric(
        "counter",
        "{event}",
        "Events that Kafka did not bring and that were read from the log instead.",
        ("log",),
        (),
    ),
    "arena.kafka.foreign": Metric(
        "counter",
        "{message}",
        "Messages on a topic of ours that are no record of its log, by why; they are passed over.",
        ("log", "reason"),
        (),
    ),
    "arena.relay.lag": Metric(
        "gauge",
        "{event}",
        "Events of a log that Kafka has not confirmed; told by the relay that carries the log.",
        ("log",),
        (),
    ),
    "arena.relay.sent": Metric(
        "counter",
        "{event}",
        "Events handed to the Kafka client, those sent again too.",
        ("log",),
        (),
    ),
    "arena.relay.confirmed": Metric(
        "counter",
        "{event}",
        "Events that Kafka has confirmed.",
        ("log",),
        (),
    ),
    "arena.relay.omitted": Metric(
        "counter",
        "{event}",
        "Events that are larger than their topic takes; their place went without a value.",
        ("log",),
        (),
    ),
    "arena.relay.failures": Metric(
        "counter",
        "{term}",
        "Times that sending a log ended because of Kafka; it begins again at what was confirmed.",
        ("log",),
        (),
    ),
    "arena.dead_letters.sent": Metric(
        "counter",
        "{line}",
        "Lines of what became of dead letters that Kafka has confirmed.",
        ("service",),
        (),
    ),
    "arena.dead_letters.waiting": Metric(
        "gauge",
        "{line}",
        "Lines of what became of dead letters that Kafka has not confirmed; told by each worker of the service.",
        ("service",),
        (),
    ),
    "arena.due.acted": Metric(
        "counter",
        "{due}",
        "Due times acted upon.",
        ("kind",),
        (),
    ),
    "arena.due.lateness": Metric(
        "histogram",
        "s",
        "How long after its instant a due time was acted upon.",
        ("kind",),
        (0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600),
    ),
    "arena.coalescer.batch.size": Metric(
        "histogram",
        "{request}",
        "Requests that shared one transaction.",
        (),
        (1, 2, 5, 10, 20, 50, 100, 200, 500),
    ),
    "arena.live.streams": Metric(
        "up_down_counter",
        "{stream}",
        "Open standings streams.",
        (),
        (),
    ),
    "arena.live.dropped": Metric(
        "counter",
        "{update}",
        "Updates a slow listener did not get because a newer one replaced them.",
        (),
        (),
    ),
    "arena.operator.reconcile.duration": Metric(
        "histogram",
        "s",
        "Time of one pass over a resource, from taking it to its next due time.",
        ("kind", "outcome"),
        (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
    ),
    "arena.operator.reconcile.errors": Metric(
        "counter",
        "{pass}",
        "Passes that did not end well and are tried again.",
        ("kind", "error"),
        (),
    ),
    "arena.operator.lateness": Metric(
        "histogram",
        "s",
        "How long after its instant the operator had acted upon a due time of a resource.",
        ("kind",),
        (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300, 3600),
    ),
    "arena.operator.queue.depth": Metric(
        "gauge",
        "{resource}",
        "Resources that wait for their pass.",
        (),
        (),
    ),
    "arena.operator.queue.age": Metric(
        "gauge",
        "s",
        "How long the longest waiting of them waits.",
        (),
        (),
    ),
    "arena.operator.leading": Metric(
        "gauge",
        "1",
        "1 while this operator holds the Lease, 0 while it stands by.",
        (),
        (),
    ),
    "arena.operator.api.duration": Metric(
        "histogram",
        "s",
        "Time of one attempt to call the Kubernetes API; code 0 where no answer came.",
        ("verb", "kind", "code"),
        (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    ),
    "arena.operator.events.dropped": Metric(
        "counter",
        "{event}",
        "Kubernetes events that were not told, for want of budget or because the API refused them.",
        ("why",),
        (),
    ),
}

SPANS: Final[dict[str, Span]] = {
    "arena.consume": Span(
        "consumer",
        "One batch applied by a consumer; linked to the spans that appended the events.",
        ("consumer", "log", "batch.size"),
    ),
    "arena.due": Span(
        "internal",
        "One batch of due times acted upon.",
        ("kind",),
    ),
    "arena.flush": Span(
        "internal",
        "One transaction shared by coalesced requests; linked to their spans.",
        ("batch.size",),
    ),
    "arena.push": Span(
        "consumer",
        "One batch of events shown to whoever watches; goes on in the trace that appended them.",
        ("log", "batch.size"),
    ),
    "arena.relay": Span(
        "producer",
        "One batch of events handed to the Kafka client; each message carries the trace of its own event.",
        ("log", "batch.size"),
    ),
    "arena.reconcile": Span(
        "internal",
        "One pass over a resource; the calls of the operator to the services are its children.",
        ("kind", "namespace", "resource", "urgency"),
    ),
}
