import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createModbusRequestStream } from '@openprepay/protocols/modbus';
import type { VirtualElectricityMeter } from './types.ts';

/** More clients than this on one serial line would only wait for each other. */
const CLIENTS_LIMIT = 8;

export interface ModbusBridge {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A transparent TCP ⇄ RS485 bridge to one meter: raw RTU frames both ways, as any Modbus master speaks them.
 * `port` 0 takes a free one. Listens on the loopback interface only.
 */
export async function startModbusBridge(meter: VirtualElectricityMeter, port: number): Promise<ModbusBridge> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const requests = createModbusRequestStream();
    clients.add(socket);
    socket.on('data', (chunk) => {
      for (const { frame } of requests.push(chunk)) {
        const answer = meter.answer(frame);
        if (answer) socket.write(answer);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => clients.delete(socket));
  });
  server.maxConnections = CLIENTS_LIMIT;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const client of clients) client.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
