"""A meter of 600888/dlt645, a TCP server. Usage: dlt645_slave.py PORT METER_NUMBER. Ends when it is killed."""
import logging
import sys
import time
from datetime import datetime, timedelta, timezone

from dlt645 import MeterServerService

logging.disable(logging.CRITICAL)
meter = MeterServerService.new_tcp_server("127.0.0.1", int(sys.argv[1]), 5)
# Its numbers stand in the order of the wire, low byte first.
meter.set_address(bytes.fromhex(sys.argv[2])[::-1].hex())
for tariff, energy in enumerate([1234.56, 0.5, 1000.0, 200.06, 34.0]):
    meter.set_00(0x00010000 + 0x100 * tariff, energy)
meter.set_02(0x02010100, 220.1)
at = datetime.now(timezone.utc) + timedelta(hours=8)
meter.set_04(0x04000101, at.strftime("%y%m%d") + f"0{at.isoweekday() % 7}")
meter.set_04(0x04000102, at.strftime("%H%M%S"))
meter.server.start()
print("listening", flush=True)
while True:
    time.sleep(1)
