import { type Store, silentLog, visitStore } from '@openprepay/server';
import { EXIT, type OutputOptions, printError } from './output.ts';
import { type PlaceOptions, placeOf } from './place.ts';

/** Does something beside a program that may be running; an error is told and is exit code 3. */
export async function inStore(
  options: PlaceOptions & OutputOptions,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  try {
    const store = await visitStore({ ...placeOf(options), log: silentLog });
    try {
      await work(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  }
}
