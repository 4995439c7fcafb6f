// valueText is a value as one line of text; never markup.
export function valueText(v: unknown, w: { nullValue: string; emptyText: string }): string {
  if (v === null || v === undefined) return w.nullValue;
  if (v === '') return w.emptyText;
  return (typeof v === 'object' ? JSON.stringify(v) : String(v)).slice(0, 200);
}
