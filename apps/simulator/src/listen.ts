import type { AddressInfo, Server } from 'node:net';

/** Resolves with the port once the server listens; port 0 takes a free one. Errors: the listener's own (EADDRINUSE …). */
export async function listenOn(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
