"""The log carried over Kafka: connection, wire format, relay, source, topics. Imported only where `ARENA_BUS=kafka`."""
