"""Events: the catalogue and codec, the log's sources, the consumer and due runners, barriers, parked keys."""
