"""Pure builders of Kubernetes objects: one file a kind, a fresh object each time, at most five arguments."""
