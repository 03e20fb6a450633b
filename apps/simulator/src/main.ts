import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ClockAnchor, scaledClock } from '@openprepay/kernel';
import { startSimulator } from './simulator.ts';
import type { SimulatorOptions } from './types.ts';
import { simulatorError } from './world.ts';

/** What the configuration file of the child process holds; the clock is an anchor that parent and child share. */
export interface SimulatorConfig extends Omit<SimulatorOptions, 'clock' | 'speed' | 'log'> {
  readonly clock: ClockAnchor;
}

/**
 * `node apps/simulator/src/main.ts --config <file.json>`: one simulated market as a process of its own. Ends on SIGTERM,
 * SIGINT, or when the process that started it is gone.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) throw simulatorError('simulator.bad_config', '--config <file.json> is missing');
  const config = JSON.parse(readFileSync(values.config, 'utf8')) as SimulatorConfig;
  const simulator = await startSimulator({
    ...config,
    clock: scaledClock(config.clock),
    speed: config.clock.speed,
    log: (line) => void process.stdout.write(`${line}\n`),
  });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void simulator.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  process.stdout.on('error', stop);
  process.send?.({ kind: 'ready', nbBaseUrl: simulator.nbBaseUrl });
}

await main().catch((error: unknown) => {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
