import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addDoctorCommand } from './commands/doctor.ts';
import { addFrameCommand } from './commands/frame.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addSiteCommand } from './commands/site.ts';
import { addStartCommand } from './commands/start.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { EXIT } from './output.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('openprepay')
  .description('prepaid electricity and water for markets, dormitories and parks')
  .version(version)
  .showHelpAfterError('(--help says how)')
  .configureHelp({ sortSubcommands: false });

addStartCommand(program);
addSimulateCommand(program);
addSiteCommand(program);
addVerifyCommand(program);
addDoctorCommand(program);
addFrameCommand(program);

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
