"""The database: engines, roles and schemas, migrations, the unit of work."""
