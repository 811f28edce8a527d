"""Build what is missing of the tests' Kubernetes."""

from tools.kube import build

build()
