"""What has no transport: settings, clock, ids, errors, telemetry, logging, resilience."""
