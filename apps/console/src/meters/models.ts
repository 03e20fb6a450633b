import type { MeterModelInfo } from '@openprepay/contract';
import { shallowRef } from 'vue';
import { send } from '../session.ts';

const models = shallowRef<readonly MeterModelInfo[]>([]);
let asked = false;

/** The catalogue of makes, asked for once: it changes only with the program. */
export function useModels() {
  if (!asked) {
    asked = true;
    send('meterModels', {}).then(
      (answer) => {
        models.value = answer;
      },
      () => {
        asked = false;
      },
    );
  }
  return models;
}
