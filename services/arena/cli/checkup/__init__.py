"""What `arena doctor` looks at, one module a place: the machine, the addresses, the database. Looking changes nothing."""
