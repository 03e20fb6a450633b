import { computed, nextTick, type Ref, ref } from 'vue';
import { columnsOf } from './card-layout.ts';
import { STEP_KEYS, stepFrom } from './roving.ts';

const CARD = '[data-stall-id]';

/**
 * One card of the grid is in the tab order, the last that had the focus; arrow keys, Home and End lead to the others. That
 * one is always drawn: a card that is to have the focus first becomes it.
 * @param root holds lists `.cards` of the cards, each a button with its stall's id in `data-stall-id`
 * @param groups the stalls whose cards are shown, list by list
 */
export function useRoving(
  root: Readonly<Ref<HTMLElement | null>>,
  groups: Readonly<Ref<readonly { readonly cells: readonly { readonly stallId: string }[] }[]>>,
) {
  const last = ref<string | null>(null);
  const ids = computed(() => groups.value.flatMap(({ cells }) => cells.map(({ stallId }) => stallId)));
  const shown = computed(() => new Set(ids.value));
  const current = computed(() => (last.value !== null && shown.value.has(last.value) ? last.value : ids.value[0]));

  const idOf = (target: EventTarget | null) =>
    target instanceof HTMLElement ? target.closest<HTMLElement>(CARD)?.dataset['stallId'] : undefined;
  const columnsNow = (): number => {
    const list = root.value?.querySelector('.cards');
    return list ? columnsOf(list) : 1;
  };
  /** Brings the focus to a stall's card, once it can have it. */
  async function focus(stallId: string): Promise<void> {
    last.value = stallId;
    await nextTick();
    root.value?.querySelector<HTMLElement>(`[data-stall-id="${CSS.escape(stallId)}"]`)?.focus();
  }

  return {
    /** The stall whose card is in the tab order. */
    current,
    focus,
    onFocusin({ target }: FocusEvent): void {
      last.value = idOf(target) ?? last.value;
    },
    onKeydown(event: KeyboardEvent): void {
      const key = STEP_KEYS.find((one) => one === event.key);
      const id = idOf(event.target);
      if (!key || !id || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      event.preventDefault();
      const counts = groups.value.map(({ cells }) => cells.length);
      const to = ids.value[stepFrom(ids.value.indexOf(id), key, { counts, columns: columnsNow() })];
      if (to !== undefined) void focus(to);
    },
  };
}
