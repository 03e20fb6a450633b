"""Reads a DDSY1352 as a Modbus master and trips it. Usage: pymodbus_master.py PORT tcp|rtu UNIT. Prints one JSON object."""
import json
import sys
import time

from pymodbus.client import ModbusTcpClient
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

port, framing, unit = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
framer = ModbusRtuFramer if framing == "rtu" else ModbusSocketFramer
client = ModbusTcpClient("127.0.0.1", port=port, framer=framer)
assert client.connect()

live = client.read_holding_registers(0x0200, 48, slave=unit).registers
written = client.write_registers(0x0057, [1, 1], slave=unit)
relay = None
for _ in range(20):
    relay = client.read_holding_registers(0x0224, 1, slave=unit).registers[0] >> 8
    if relay & 0x20 == 0:
        break
    time.sleep(0.1)
refused = client.read_holding_registers(0x7000, 1, slave=unit)
client.close()
print(
    json.dumps(
        {
            "modelCode": live[0],
            "totalCounts": live[0x15] << 16 | live[0x16],
            "written": [written.address, written.count],
            "relayClosed": relay & 0x20 != 0,
            "refused": refused.exception_code,
        }
    )
)
