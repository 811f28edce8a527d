"""What every service stands on: settings, errors, telemetry, the HTTP door, the unit of work, the log. No product words."""
