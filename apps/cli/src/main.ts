import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { EXIT } from './output.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('openprepay')
  .description('prepaid electricity and water for markets, dormitories and parks')
  .version(version)
  .showHelpAfterError('(--help says how)');

// Only the command asked for is loaded: explaining a frame needs no database driver. The help of all needs all.
const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  start: async () => (await import('./commands/start.ts')).addStartCommand(program),
  simulate: async () => (await import('./commands/simulate.ts')).addSimulateCommand(program),
  site: async () => (await import('./commands/site.ts')).addSiteCommand(program),
  operator: async () => (await import('./commands/operator.ts')).addOperatorCommand(program),
  meter: async () => (await import('./commands/meter.ts')).addMeterCommand(program),
  dtu: async () => (await import('./commands/dtu.ts')).addDtuCommand(program),
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand(program),
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand(program),
  frame: async () => (await import('./commands/frame.ts')).addFrameCommand(program),
  price: async () => (await import('./commands/price.ts')).addPriceCommand(program),
};
const asked = COMMANDS[process.argv[2] ?? ''];
for (const add of asked ? [asked] : Object.values(COMMANDS)) await add();

// Wrong use is exit code 2; what a command finds is the command's to say.
program.exitOverride();
for (const command of program.commands) {
  command.exitOverride();
  for (const sub of command.commands) sub.exitOverride();
}
try {
  await program.parseAsync();
} catch (error) {
  const exitCode = (error as { exitCode?: number }).exitCode;
  if (exitCode === undefined) throw error;
  process.exitCode = exitCode === 0 ? EXIT.done : EXIT.usage;
}
