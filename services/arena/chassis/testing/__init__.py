"""What tests of services use: fresh databases, provisioned in milliseconds by copying one that is."""
