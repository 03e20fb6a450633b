import {
  decodeLiveBlock,
  decodeSwitchRegisters,
  LIVE_BLOCK,
  type LiveBlock,
  SWITCH_REGISTERS,
  type SwitchRegisters,
} from '@openprepay/protocols/acrel1352';
import type { ModbusRequest } from '@openprepay/protocols/modbus';
import type { LiveOrigin } from '../../readings/index.ts';
import { headendError } from '../errors.ts';
import { electricityReport } from '../report.ts';
import type { Acrel4gLink } from './link.ts';
import type { Priority } from './requests.ts';
import type { ReachableMeter } from './sessions.ts';

export const liveRead = (unit: number): ModbusRequest => ({ kind: 'read', unit, ...LIVE_BLOCK });
export const switchRead = (unit: number): ModbusRequest => ({ kind: 'read', unit, ...SWITCH_REGISTERS });

/**
 * Reads the live block and hands it to intake like a push. Resolves when it is durable.
 * @throws headend.request_timed_out, headend.connection_closed, headend.modbus_exception, headend.bad_reply; what intake throws
 */
export async function readLive(
  link: Pick<Acrel4gLink, 'ctx' | 'reports'>,
  meter: ReachableMeter,
  priority: Priority,
  origin: LiveOrigin,
): Promise<LiveBlock> {
  const { data, frame } = await read(meter, priority, liveRead(meter.unit));
  const block = decoded(() => decodeLiveBlock(data));
  const receivedAt = link.ctx.clock.now();
  await link.reports.add(electricityReport(meter.device, block, { receivedAt, origin, frame }));
  meter.lastReportAt = receivedAt;
  return block;
}

/** Reads the force registers. Errors as `readLive`. */
export async function readSwitch(meter: ReachableMeter, priority: Priority): Promise<SwitchRegisters> {
  const { data } = await read(meter, priority, switchRead(meter.unit));
  return decoded(() => decodeSwitchRegisters(data));
}

async function read(
  meter: ReachableMeter,
  priority: Priority,
  request: ModbusRequest,
): Promise<{ data: Uint8Array; frame: Uint8Array }> {
  const exchange = await meter.session.request(priority, () => request);
  const reply = exchange?.reply;
  if (!exchange || reply?.kind !== 'read') {
    const exceptionCode = reply?.kind === 'exception' ? reply.exceptionCode : null;
    throw headendError('headend.modbus_exception', 'the meter refused a read', { exceptionCode });
  }
  return { data: reply.data, frame: exchange.replyFrame };
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw headendError('headend.bad_reply', 'the reply is not what was asked for', { reason: String(error) });
  }
}
