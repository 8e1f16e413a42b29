/** Colours that canvases share with the style sheet. */
export interface Theme {
  readonly dark: boolean;
  readonly ink: string;
  readonly faint: string;
  readonly data: string;
  readonly model: string;
  readonly panel: string;
}

/** The colours that hold now. */
export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    dark: colour('--is-dark') === '1',
    ink: colour('--ink'),
    faint: colour('--faint'),
    data: colour('--data'),
    model: colour('--model'),
    panel: colour('--panel'),
  };
}
