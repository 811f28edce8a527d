"""The custom resources: their types, the schema generated from them, and the way between manifest and types."""
