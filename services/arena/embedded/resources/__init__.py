"""The laptop's resources: the manifests that `kubectl apply` takes on a cluster, kept in tables and made true by the same plan core.

`arena apply` writes them (offline, like all administration by whoever runs the installation); `arena up` acts on them by due times.
"""
