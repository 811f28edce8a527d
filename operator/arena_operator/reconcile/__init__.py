"""The plan core: pure and total. Standard library, contracts and `crd` types only; time is an argument, nothing is awaited."""
