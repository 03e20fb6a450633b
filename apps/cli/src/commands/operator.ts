import { addOperator, openMarketClock, renewPassword, type Store, takeSecondFactor } from '@openprepay/server';
import { type Command, Option } from 'commander';
import { type OutputOptions, print } from '../output.ts';
import { addPlaceOptions, type PlaceOptions } from '../place.ts';
import { inStore } from '../store.ts';

const ROLES = ['admin', 'manager', 'finance', 'cashier', 'technician', 'auditor'] as const;

interface NewOperatorOptions {
  readonly login: string;
  readonly name: string;
  readonly role: (typeof ROLES)[number];
}

export function addOperatorCommand(program: Command): void {
  const operator = program.command('operator').description('who may sign in');
  addPlaceOptions(operator.command('add').description('make an operator; the password is shown this once'))
    .requiredOption('--login <login>', 'what is typed to sign in')
    .requiredOption('--name <name>', 'as it stands on receipts and in the audit')
    .addOption(new Option('--role <role>', 'what the operator may do').choices(ROLES).makeOptionMandatory())
    .option('--json', 'one JSON object')
    .action((options: NewOperatorOptions & PlaceOptions & OutputOptions) =>
      showPassword(options, options.login, async ({ db }) =>
        addOperator(db, (await openMarketClock(db)).clock, options),
      ),
    );
  addPlaceOptions(
    operator
      .command('without-second-factor')
      .description('let an operator who lost his phone and his recovery codes sign in with the password alone')
      .argument('<login>', 'for example admin'),
  )
    .option('--json', 'one JSON object')
    .action((login: string, options: PlaceOptions & OutputOptions) =>
      inStore(options, async ({ db }) => {
        const taken = await takeSecondFactor(db, (await openMarketClock(db)).clock, login);
        print(options, { login, taken }, taken ? `${login} has no second factor any more` : `${login} has none`);
      }),
    );
  addPlaceOptions(
    operator
      .command('new-password')
      .description('give an operator who lost it a new password, shown this once, and end his sessions and lock-out')
      .argument('<login>', 'for example admin'),
  )
    .option('--json', 'one JSON object')
    .action((login: string, options: PlaceOptions & OutputOptions) =>
      showPassword(options, login, async ({ db }) => renewPassword(db, (await openMarketClock(db)).clock, login)),
    );
}

const showPassword = (
  options: PlaceOptions & OutputOptions,
  login: string,
  make: (store: Store) => Promise<string>,
): Promise<void> =>
  inStore(options, async (store) => {
    const password = await make(store);
    print(options, { login, password }, `login     ${login}\npassword  ${password}`);
  });
