"""Everything that speaks to the Kubernetes API: a thin client, the store of resources and what they own, events, the leader's Lease."""
