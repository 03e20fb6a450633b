import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CtwingPush, parsePush } from '@openprepay/protocols/ctwing';

/** The server's push endpoint in a test's hand: keeps what came, answers the status it is told to. */
export class PushReceiver {
  status = 200;
  attempts = 0;
  readonly received: CtwingPush[] = [];
  readonly paths = new Set<string | undefined>();
  readonly #waiting = new Set<() => void>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.attempts += 1;
      this.paths.add(request.url);
      if (this.status === 200) this.received.push(parsePush(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
      response.writeHead(this.status).end();
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const wake of waiting) wake();
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Resolves when the condition holds; it is looked at after each push. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  get resultCodes(): string[] {
    return this.received.flatMap((push) => (push.kind === 'command_response' ? [push.resultCode] : []));
  }
}
