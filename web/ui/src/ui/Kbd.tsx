import './Kbd.css';

const mac = /mac|iphone|ipad/i.test(navigator.userAgent);

// keyText writes "mod+enter" as this machine's people know it: ⌘↵ or Ctrl ↵.
export function keyText(keys: string): string {
  return keys.split('+').map(k => names[k] ?? k.toUpperCase()).join(mac ? '' : ' ');
}
const names: Record<string, string> = { mod: mac ? '⌘' : 'Ctrl', shift: mac ? '⇧' : 'Shift', alt: mac ? '⌥' : 'Alt', enter: '↵', esc: 'Esc', up: '↑', down: '↓', left: '←', right: '→', space: 'Space' };

// modKey is true when the machine's command key is down.
export const modKey = (e: { metaKey: boolean; ctrlKey: boolean }) => (mac ? e.metaKey : e.ctrlKey);

export function Kbd({ keys }: { keys: string }) {
  return <kbd>{keyText(keys)}</kbd>;
}
