import { type MqttConfig, openStore, type RunningServer, startServer } from '@openprepay/server';
import { ALL_FAULTS } from '@openprepay/simulator';
import { type Command, Option } from 'commander';
import { buildConsole } from '../console-build.ts';
import { type Demo, type DemoOptions, prepareDemo, startDemo } from '../demo.ts';
import { issuerOf } from '../issuer.ts';
import { brokerUrl, faultList, portNumber, speedFactor, stallCount } from '../options.ts';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { addPlaceOptions, openLog, type PlaceOptions, placeOf } from '../place.ts';

interface StartOptions extends PlaceOptions, OutputOptions, DemoOptions {
  readonly httpHost: string;
  readonly httpPort: number;
  readonly deviceHost: string;
  readonly devicePort: number;
  readonly mqttHost: string;
  readonly mqttPort?: number;
  readonly mqttUrl?: string;
  readonly speed: number;
  readonly logLevel: string;
}

export function addStartCommand(program: Command): void {
  const command = program
    .command('start')
    .description('run everything: database, console, head-end, settlement and switching')
    .option(
      '--http-host <address>',
      'where the console and API listen',
      process.env['OPENPREPAY_HTTP_HOST'] ?? '127.0.0.1',
    )
    .option(
      '--http-port <port>',
      'port of the console and API',
      portNumber,
      Number(process.env['OPENPREPAY_HTTP_PORT'] ?? 8080),
    )
    .option('--device-host <address>', 'where 4G meters call in', process.env['OPENPREPAY_DEVICE_HOST'] ?? '127.0.0.1')
    .option(
      '--device-port <port>',
      'port 4G meters call in to',
      portNumber,
      Number(process.env['OPENPREPAY_DEVICE_PORT'] ?? 7777),
    )
    .option('--mqtt-host <address>', 'where MQTT meters sign in', process.env['OPENPREPAY_MQTT_HOST'] ?? '127.0.0.1')
    .addOption(
      new Option('--mqtt-port <port>', 'port MQTT meters sign in to; no broker without it')
        .argParser(portNumber)
        .env('OPENPREPAY_MQTT_PORT'),
    )
    .addOption(
      new Option('--mqtt-url <url>', 'a broker elsewhere, in place of our own')
        .argParser(brokerUrl)
        .env('OPENPREPAY_MQTT_URL')
        .conflicts('mqttPort'),
    )
    .option('--log-level <level>', 'debug, info, warn or error; the log goes to standard error', 'warn')
    .option('--json', 'one JSON object when everything is up');
  addPlaceOptions(command)
    .option('--speed <factor>', 'demonstration: market minutes per real minute', speedFactor, 1)
    .option('--stalls <count>', 'demonstration: stalls of the simulated market', stallCount, 474)
    .option('--platform-port <port>', 'demonstration: port of the simulated IoT platform', portNumber, 7778)
    .option('--faults <list>', `demonstration: ${ALL_FAULTS.join(', ')} or all`, faultList, [])
    .action(run);
}

async function run(options: StartOptions, command: Command): Promise<void> {
  const issuer = issuerOf(process.env);
  if (typeof issuer === 'string') command.error(issuer);
  const log = openLog(options.logLevel);
  const stopping = new AbortController();
  const stop = () => {
    // The second request to stop does not wait.
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const closers: (() => Promise<void>)[] = [];
  try {
    const consoleDir = await buildConsole((line) => process.stderr.write(`${line}\n`));
    const store = await openStore({ ...placeOf(options), log });
    closers.push(() => store.close());
    const demo = options.demo ? await prepareDemo(store.db, placeOf(options).dataDir, options) : null;
    const server = await startServer({
      db: store.db,
      http: { host: options.httpHost, port: options.httpPort },
      device: { host: options.deviceHost, port: options.devicePort },
      mqtt: mqttOf(options),
      issuer,
      consoleDir,
      speed: demo ? options.speed : 1,
      log,
    });
    closers.push(() => server.stop());
    const market = demo ? await startDemo(demo, server, options) : null;
    if (market) closers.push(() => market.stop());
    announce(options, server, demo);
    void market?.ended.then(() => stopping.abort());
    if (!stopping.signal.aborted) {
      await new Promise((done) => stopping.signal.addEventListener('abort', done, { once: true }));
    }
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function mqttOf({ mqttHost, mqttPort, mqttUrl }: StartOptions): MqttConfig | null {
  if (mqttUrl !== undefined) return { url: mqttUrl };
  return mqttPort === undefined ? null : { host: mqttHost, port: mqttPort };
}

function announce(options: StartOptions, server: RunningServer, demo: Demo | null): void {
  const { httpUrl, devicePort, mqttPort, firstAdmin } = server;
  const lines = [
    '',
    `  OpenPrepay is running${demo ? ` with a simulated market of ${demo.site.stalls.length} stalls` : ''}.`,
    '',
    `  Console        ${httpUrl}`,
    `  4G meters      ${options.deviceHost}:${devicePort}`,
    ...(mqttPort === null ? [] : [`  MQTT meters    ${options.mqttHost}:${mqttPort}`]),
  ];
  if (firstAdmin) {
    lines.push(
      '',
      '  First sign-in, shown this once:',
      `    login     ${firstAdmin.login}`,
      `    password  ${firstAdmin.password}`,
    );
  }
  lines.push('', '  Ctrl-C stops everything.');
  print(options, { httpUrl, devicePort, mqttPort, firstAdmin }, lines.join('\n'));
}
