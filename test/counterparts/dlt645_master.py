"""Reads the one meter on a line with the client of 600888/dlt645. Usage: dlt645_master.py PORT. Prints one JSON object."""
import json
import logging
import sys

from dlt645 import MeterClientService

logging.disable(logging.CRITICAL)
client = MeterClientService.new_tcp_client("127.0.0.1", int(sys.argv[1]), 5.0)
assert client.connect()
# What it finds is whom it asks from then on.
found = client.read_address()
value = lambda item: None if item is None else item.value
print(
    json.dumps(
        {
            "address": str(value(found)),
            "energy": value(client.read_00(0x00010000)),
            "peak": value(client.read_00(0x00010200)),
            "voltage": value(client.read_02(0x02010100)),
            "date": str(value(client.read_04(0x04000101))),
            "noSuchId": value(client.read_00(0x00EE0000)),
        }
    )
)
