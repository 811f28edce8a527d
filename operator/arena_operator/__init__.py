"""The operator: makes `Battle` and `BattleSeries` resources true."""
