import type { LinkEnv } from './link.ts';
import { type Listener, listenForDevices } from './listener/listener.ts';
import { Dialler } from './modbus-tcp/dialler.ts';
import { type MqttConfig, startMqtt } from './mqtt/index.ts';
import { startReload } from './reload.ts';

export interface LinksOptions {
  readonly listenHost: string;
  readonly listenPort: number;
  /** Null, or left out, where no device speaks MQTT. */
  readonly mqtt?: MqttConfig | null;
}

/**
 * Every way to devices whose connection stands: the port they call, the broker they sign in to, and the gateways that we
 * call.
 */
export interface Links extends Pick<Listener, 'port' | 'connections' | 'unregistered' | 'setPressure'> {
  /** Null without a broker of our own. */
  readonly mqttPort: number | null;
  stop(): Promise<void>;
}

export async function startLinks(
  env: LinkEnv,
  { listenHost, listenPort, mqtt: mqttConfig }: LinksOptions,
): Promise<Links> {
  const listener = await listenForDevices(env, listenHost, listenPort);
  const mqtt = mqttConfig ? await startMqtt(env, mqttConfig).catch(stopFirst(listener)) : null;
  const dialler = new Dialler(env);
  const reload = startReload(env, listener, dialler);
  return {
    port: listener.port,
    mqttPort: mqtt?.port ?? null,
    get connections() {
      return listener.connections + (mqtt?.connections ?? 0);
    },
    get unregistered() {
      return listener.unregistered;
    },
    setPressure: (full) => listener.setPressure(full),
    async stop() {
      await reload.stop();
      dialler.stop();
      await Promise.all([listener.stop(), mqtt?.stop()]);
    },
  };
}

/** A port that is taken ends the start, and leaves nothing open. */
const stopFirst = (listener: Listener) => async (error: unknown) => {
  await listener.stop();
  throw error;
};
