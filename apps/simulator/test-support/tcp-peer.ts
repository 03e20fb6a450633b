import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A listener in a test's hand: keeps every byte of each connection, says what it is told to, waits for what comes. */
export class TcpPeer {
  readonly connections: { readonly socket: Socket; readonly chunks: Buffer[] }[] = [];
  /** Called for each chunk, after it was kept. */
  onData: (chunk: Buffer, socket: Socket) => void = () => {};
  readonly #waiting = new Set<() => void>();
  readonly #server = createServer((socket) => {
    const chunks: Buffer[] = [];
    this.connections.push({ socket, chunks });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      this.onData(chunk, socket);
      this.#wakeAll();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#wakeAll());
    this.#wakeAll();
  });

  async listen(): Promise<{ host: string; port: number }> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Everything that came over the newest connection, or the one with this number. */
  received(connection = this.connections.length - 1): Buffer {
    return Buffer.concat(this.connections[connection]?.chunks ?? []);
  }

  send(bytes: Uint8Array): void {
    this.connections.at(-1)?.socket.write(bytes);
  }

  /** Resolves when the condition holds; it is looked at after each chunk and each change of connections. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
