import type { LinkEnv } from './link.ts';
import { type Listener, listenForDevices } from './listener/listener.ts';
import { Dialler } from './modbus-tcp/dialler.ts';
import { startReload } from './reload.ts';

export interface LinksOptions {
  readonly listenHost: string;
  readonly listenPort: number;
}

/** Every way to devices whose connection stands: the port they call, and the gateways that we call. */
export interface Links extends Pick<Listener, 'port' | 'connections' | 'unregistered' | 'setPressure'> {
  stop(): Promise<void>;
}

export async function startLinks(env: LinkEnv, { listenHost, listenPort }: LinksOptions): Promise<Links> {
  const listener = await listenForDevices(env, listenHost, listenPort);
  const dialler = new Dialler(env);
  const reload = startReload(env, listener, dialler);
  return {
    port: listener.port,
    get connections() {
      return listener.connections;
    },
    get unregistered() {
      return listener.unregistered;
    },
    setPressure: (full) => listener.setPressure(full),
    async stop() {
      await reload.stop();
      dialler.stop();
      await listener.stop();
    },
  };
}
