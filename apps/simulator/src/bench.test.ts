import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  createDlt645Stream,
  decodeReply,
  encodeFrame,
  frameOfRequest,
  readRequest,
} from '@openprepay/protocols/dlt645';
import jsmodbus from 'jsmodbus';
import { afterEach, expect, test } from 'vitest';
import { type Bench, startBench } from './bench.ts';

const FAST = { timing: 0, answerLeastMs: 0, answerMostMs: 5 };
const METERS = [
  { model: 'DDZY-645', serial: '202607000001', busAddress: '202607000001' },
  { model: 'DTSY1352-NK', serial: '240600100002', busAddress: '2' },
  { model: 'LXSY-188', serial: '78041700200001', busAddress: '78041700200001' },
];

let bench: Bench;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await bench.close();
});

async function client(): Promise<Socket> {
  const socket = connect(bench.port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

test('any DL/T 645 master reads a virtual meter over a TCP port', async () => {
  bench = await startBench({ meters: METERS, port: 0, bus: FAST });
  const socket = await client();
  const stream = createDlt645Stream();
  socket.write(encodeFrame(frameOfRequest(readRequest('AAAAAAAAAAAA', '00010000')), 4));
  const [chunk] = await once(socket, 'data');
  const [frame] = stream.push(chunk);
  expect(frame && decodeReply(frame.message)).toMatchObject({ kind: 'data', address: '202607000001' });
});

test('jsmodbus reads and switches the Modbus meter on the same line', async () => {
  bench = await startBench({ meters: METERS, port: 0, bus: FAST });
  const socket = await client();
  const master = new jsmodbus.client.RTU(socket as never, 2, 2_000);
  // It expects a serial port, which says `open` where a socket says `connect`.
  socket.emit('open');
  const { response } = await master.readHoldingRegisters(0x0000, 2);
  expect(BigInt(response.body.valuesAsBuffer.readUInt32BE(0)) * 10n).toBe(bench.meter('240600100002').total);
  await master.writeMultipleRegisters(0x0057, [1, 1]);
  await expect.poll(() => bench.meter('240600100002').switchState).toBe('off');
});

test('an unknown model and an unknown meter are named errors', async () => {
  bench = await startBench({ meters: METERS, port: 0, bus: FAST });
  expect(() => bench.meter('nobody')).toThrowError(expect.objectContaining({ code: 'simulator.unknown_meter' }));
  const meters = [{ model: 'NONE', serial: '1', busAddress: '1' }];
  await expect(startBench({ meters, port: 0 })).rejects.toMatchObject({ code: 'simulator.bad_site' });
});
