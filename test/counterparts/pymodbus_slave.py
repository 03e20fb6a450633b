"""A slave with the registers of a DDSY1352. Usage: pymodbus_slave.py PORT tcp|rtu UNIT TOTAL_COUNTS. Ends when it is killed."""
import sys
from datetime import datetime, timedelta, timezone

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

port, framing, unit, total = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
LIVE, FORCE, RELAY = 0x0200, 0x0057, 0x0224
CLOSED, FEE, FORCED = 0x20, 0x08, 0x08


class Meter(ModbusSequentialDataBlock):
    def setValues(self, address, values):
        super().setValues(address, values)
        if address == FORCE:
            forced, is_open = values
            super().setValues(RELAY, [(0 if is_open else CLOSED) << 8 | FEE, FORCED if forced else 0])


def live():
    at = datetime.now(timezone.utc) + timedelta(hours=8)
    block = [0] * 48
    block[0], block[1] = 7, 2201
    block[0x13], block[0x14] = 1, 1
    block[0x15], block[0x16] = total >> 16, total & 0xFFFF
    block[0x1B], block[0x1C] = total >> 16, total & 0xFFFF
    block[0x24], block[0x25] = CLOSED << 8 | FEE, 0
    clock = [at.year - 2000, at.month, at.day, at.isoweekday() % 7, at.hour, at.minute, at.second, 0]
    block[0x28:0x2C] = [clock[i] << 8 | clock[i + 1] for i in range(0, 8, 2)]
    block[0x2F] = 1
    return block


registers = [0] * 0x0300
registers[LIVE : LIVE + 48] = live()
context = ModbusServerContext(
    slaves={unit: ModbusSlaveContext(hr=Meter(0, registers), zero_mode=True)}, single=False
)
framer = ModbusRtuFramer if framing == "rtu" else ModbusSocketFramer
print("listening", flush=True)
StartTcpServer(context=context, address=("127.0.0.1", port), framer=framer)
