import { type Ref, shallowRef } from 'vue';
import { send } from '../session.ts';
import type { Place } from './scope-words.ts';

/** The markets and buildings that a scope may name; null until they are known. */
export function usePlaces(): Readonly<Ref<readonly Place[] | null>> {
  const places = shallowRef<readonly Place[] | null>(null);
  void send('scopeChoices', {}).then(
    (answer) => {
      places.value = answer;
    },
    () => {
      places.value = [];
    },
  );
  return places;
}
