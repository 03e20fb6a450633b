import { readFile, writeFile } from 'node:fs/promises';
import { systemClock } from '@openprepay/kernel';
import {
  ALL_FAULTS,
  type Fault,
  FIRST_SERIAL,
  firstSite,
  mixedSite,
  oneMeterSite,
  type Site,
  startSimulator,
} from '@openprepay/simulator';
import { type Command, Option } from 'commander';
import { brokerUrl, faultList, modemSerial, portNumber, stallCount, watts } from '../options.ts';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { newPlatformSecrets } from '../secrets.ts';

const KINDS = ['first', 'mixed'] as const;

interface NewOptions extends OutputOptions {
  readonly kind: (typeof KINDS)[number];
  readonly stalls: number;
  readonly seed: number;
  readonly platformPort: number;
}

interface RunOptions extends OutputOptions {
  readonly deviceHost: string;
  readonly devicePort: number;
  readonly serverUrl: string;
  readonly mqttUrl?: string;
  readonly seed: number;
  readonly state?: string;
  readonly faults: readonly Fault[];
}

interface MeterOptions extends OutputOptions {
  readonly serial: string;
  readonly load?: number;
  readonly deviceHost: string;
  readonly devicePort: number;
  readonly state?: string;
}

const SEED = 20_260_302;

export function addSimulateCommand(program: Command): void {
  const simulate = program.command('simulate').description('a market of simulated meters on the real wire');
  simulate
    .command('new')
    .description('write the site file of a market like the first one; import it with `openprepay site import`')
    .argument('<file>', 'site file to write')
    .addOption(
      new Option('--kind <kind>', 'first: 4G and NB-IoT; mixed: every link, a bus of 64 meters among them')
        .choices(KINDS)
        .default('first'),
    )
    .option('--stalls <count>', 'how many stalls the first kind has', stallCount, 474)
    .option('--seed <number>', 'another seed, another market', Number, SEED)
    .option('--platform-port <port>', 'port of the simulated IoT platform', portNumber, 7778)
    .option('--json', 'one JSON object')
    .action(writeSite);
  simulate
    .command('meter')
    .description('be one electricity meter with a 4G modem that calls in and belongs to nobody yet, until Ctrl-C')
    .option(
      '--serial <digits>',
      'serial number of its modem, which is what it is claimed by',
      modemSerial,
      FIRST_SERIAL,
    )
    .option('--load <watts>', 'what hangs on it; by itself it follows the day', watts)
    .option('--device-host <address>', 'where the head-end listens', '127.0.0.1')
    .option('--device-port <port>', 'port of the head-end', portNumber, 7777)
    .option('--state <file>', 'the meter’s memory, kept over restarts')
    .option('--json', 'one JSON object with the figures at the end')
    .action(runMeter);
  simulate
    .command('run')
    .description('be the meters of a site file, until Ctrl-C')
    .argument('<file>', 'site file')
    .option('--device-host <address>', 'where the head-end listens', '127.0.0.1')
    .option('--device-port <port>', 'port of the head-end', portNumber, 7777)
    .option('--mqtt-url <url>', 'the broker of MQTT devices; without it they stay away', brokerUrl)
    .option('--server-url <url>', 'where the IoT platform pushes to', 'http://127.0.0.1:8080')
    .option('--seed <number>', 'seed of load and faults', Number, SEED)
    .option('--state <file>', 'the meters’ memory, kept over restarts')
    .option('--faults <list>', `${ALL_FAULTS.join(', ')} or all`, faultList, [])
    .option('--json', 'one JSON object with the figures at the end')
    .action(runSite);
}

async function writeSite(file: string, options: NewOptions): Promise<void> {
  const given = {
    seed: options.seed,
    nbBaseUrl: `http://127.0.0.1:${options.platformPort}`,
    secrets: newPlatformSecrets(),
  };
  const site = options.kind === 'mixed' ? mixedSite(given) : firstSite({ ...given, stalls: options.stalls });
  await writeFile(file, `${JSON.stringify(site, null, 1)}\n`, { mode: 0o600 });
  const meters = site.stalls.reduce((count, stall) => count + stall.meters.length, 0);
  print(
    options,
    { file, stalls: site.stalls.length, meters },
    `${file}: ${site.stalls.length} stalls, ${meters} meters`,
  );
}

async function runMeter(options: MeterOptions): Promise<void> {
  try {
    const simulator = await startSimulator({
      site: oneMeterSite(options.serial),
      clock: systemClock,
      speed: 1,
      seed: SEED,
      deviceHost: options.deviceHost,
      devicePort: options.devicePort,
      nbListen: { host: '127.0.0.1', port: 0 },
      pushBaseUrl: 'http://127.0.0.1',
      stateFile: options.state ?? null,
      connectWithinMs: 0,
      faults: [],
      log: () => {},
    });
    if (options.load !== undefined) simulator.electricity(options.serial).setLoad(options.load);
    process.stderr.write(
      `meter ${options.serial} calls ${options.deviceHost}:${options.devicePort}; Ctrl-C stops it\n`,
    );
    await untilStopped();
    const stats = simulator.stats();
    await simulator.stop();
    print(options, stats, JSON.stringify(stats, null, 2));
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  }
}

const untilStopped = () =>
  new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });

async function runSite(file: string, options: RunOptions): Promise<void> {
  try {
    const site = JSON.parse(await readFile(file, 'utf8')) as Site;
    const platform = new URL(site.nbProducts[0]?.baseUrl ?? 'http://127.0.0.1:7778');
    const simulator = await startSimulator({
      site,
      clock: systemClock,
      speed: 1,
      seed: options.seed,
      deviceHost: options.deviceHost,
      devicePort: options.devicePort,
      nbListen: { host: platform.hostname, port: Number(platform.port) },
      pushBaseUrl: options.serverUrl,
      stateFile: options.state ?? null,
      ...(options.mqttUrl !== undefined && { mqttUrl: options.mqttUrl }),
      faults: options.faults,
      log: (line) => process.stderr.write(`${line}\n`),
    });
    await untilStopped();
    const stats = simulator.stats();
    await simulator.stop();
    print(options, stats, JSON.stringify(stats, null, 2));
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  }
}
