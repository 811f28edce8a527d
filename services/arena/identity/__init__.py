"""Who somebody is: accounts, log-ins, roles and the names others see."""
