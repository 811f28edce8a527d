"""What the operator needs of the world beside Kubernetes: the platform over HTTP."""
