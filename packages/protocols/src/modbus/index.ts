export { crc16 } from './crc16.ts';
export {
  EXCEPTION,
  FUNCTION_NAMES,
  MAX_READ_REGISTERS,
  MAX_WRITE_REGISTERS,
  type ModbusReply,
  type ModbusRequest,
} from './messages.ts';
export { answers, decodeReply, encodeReply, replyLength } from './reply.ts';
export { decodeRequest, encodeRequest } from './request.ts';
export { createModbusLineStream, createModbusRequestStream, type ModbusLineFrame } from './stream.ts';
export { createModbusTcpStream, decodeTcp, encodeTcp, type ModbusTcpFrame } from './tcp.ts';
