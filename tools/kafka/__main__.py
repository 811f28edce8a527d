"""Bring what is missing of the tests' Kafka."""

import sys

from tools.kafka import KafkaNotHere, build

try:
    build(accept="--accept" in sys.argv)
except KafkaNotHere as wrong:
    sys.exit(str(wrong))
