/** So far beyond the screen a card is made ready. */
const MARGIN = '600px';
const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

/** Tells once that an element has come near the screen; one that is gone by then is not told of. */
export function whenNear(element: Element, tell: () => void): void {
  observer ??= new IntersectionObserver(
    (entries, self) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        self.unobserve(target);
        waiting.get(target)?.();
      }
    },
    { rootMargin: MARGIN },
  );
  waiting.set(element, tell);
  observer.observe(element);
}
