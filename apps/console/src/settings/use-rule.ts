import { computed, type Ref, ref, watch } from 'vue';

interface RuleOf<Rule, Typed> {
  /** As it holds now. */
  readonly rule: () => Rule;
  readonly textsOf: (rule: Rule) => Typed;
  /** null while something is wrong. */
  readonly meantBy: (typed: Typed) => Rule | null;
  readonly put: (rule: Rule) => Promise<unknown>;
}

/** A rule of the market that is typed and saved as a whole. What another person saved is shown, unless something is being typed here. */
export function useRule<Rule, Typed>({ rule, textsOf, meantBy, put }: RuleOf<Rule, Typed>) {
  const typed = ref(textsOf(rule())) as Ref<Typed>;
  const isTyped = (one: Rule) => JSON.stringify(typed.value) === JSON.stringify(textsOf(one));
  watch(rule, (now, before) => {
    if (isTyped(before)) typed.value = textsOf(now);
  });
  const meant = computed(() => meantBy(typed.value));
  return {
    typed,
    meant,
    changed: computed(() => !isTyped(rule())),
    async save(): Promise<void> {
      const saved = meant.value;
      if (saved === null) return;
      await put(saved);
      typed.value = textsOf(saved);
    },
  };
}
