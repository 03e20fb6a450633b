import { computed, nextTick, type Ref, ref } from 'vue';
import { STEP_KEYS, stepFrom } from './roving.ts';

const CARD = '[data-stall-id]';

/**
 * One card of the grid is in the tab order, the last that had the focus; arrow keys, Home and End lead to the others.
 * @param root holds the cards, each a button with its stall's id in `data-stall-id`
 * @param ids of the cards that are shown
 */
export function useRoving(root: Readonly<Ref<HTMLElement | null>>, ids: Readonly<Ref<readonly string[]>>) {
  const last = ref<string | null>(null);
  const current = computed(() => (last.value !== null && ids.value.includes(last.value) ? last.value : ids.value[0]));

  const cards = () => [...(root.value?.querySelectorAll<HTMLElement>(CARD) ?? [])];
  const cardOf = (target: EventTarget | null) =>
    target instanceof HTMLElement ? target.closest<HTMLElement>(CARD) : null;

  return {
    /** The stall whose card is in the tab order. */
    current,
    onFocusin({ target }: FocusEvent): void {
      last.value = cardOf(target)?.dataset['stallId'] ?? last.value;
    },
    onKeydown(event: KeyboardEvent): void {
      const key = STEP_KEYS.find((one) => one === event.key);
      const card = cardOf(event.target);
      if (!key || !card || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      event.preventDefault();
      const all = cards();
      // The list item's place: the card itself may be out of sight and not laid out.
      const places = all.map((one) => (one.parentElement ?? one).getBoundingClientRect());
      all[stepFrom(all.indexOf(card), key, places)]?.focus();
    },
    /** Brings the focus back to a stall's card, once it can have it. */
    async focus(stallId: string): Promise<void> {
      await nextTick();
      cards()
        .find((card) => card.dataset['stallId'] === stallId)
        ?.focus();
    },
  };
}
