/** Whether a dialog stands above the page: then the keys are its own. */
export const dialogIsOpen = (): boolean =>
  [...document.querySelectorAll('[role="dialog"]')].some((one) => one.checkVisibility());
