import { connect, type Socket } from 'node:net';

/** A serial-to-network modem played by a test: it connects, registers, and passes bytes between us and its bus. */
export class ScriptedDtu {
  /** What came down for the bus, one entry a chunk. */
  readonly heard: Uint8Array[] = [];
  /** The meters on its bus, as one. */
  onRequest: (request: Uint8Array) => void = () => {};
  socket: Socket | null = null;
  #onClosed: (() => void)[] = [];

  /** @param registration what it sends when it is connected */
  async connect(port: number, registration: string | Uint8Array): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (chunk: Uint8Array) => {
      this.heard.push(chunk);
      this.onRequest(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.socket === socket) this.socket = null;
      for (const done of this.#onClosed.splice(0)) done();
    });
    await new Promise<void>((done) => socket.once('connect', done));
    this.socket = socket;
    socket.write(registration);
  }

  send(bytes: string | Uint8Array): void {
    this.socket?.write(bytes);
  }

  closed(): Promise<void> {
    return this.socket ? new Promise((done) => this.#onClosed.push(done)) : Promise.resolve();
  }

  async disconnect(): Promise<void> {
    const closed = this.closed();
    this.socket?.destroy();
    await closed;
  }
}
