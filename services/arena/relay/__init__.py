"""The relay: carries every log on to Kafka, where the installation has one."""
