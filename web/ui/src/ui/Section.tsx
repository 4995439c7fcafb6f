import './Section.css';
import { type ReactNode, useId, useState } from 'react';
import { Button, IconButton } from './Button';
import { useUiWords } from './words';

// Section is a part of a page with its heading; end stands at the right of it.
export function Section({ title, end, level = 2, className, children }: { title: ReactNode; end?: ReactNode; level?: 2 | 3; className?: string; children: ReactNode }) {
  const id = useId();
  const H = level === 2 ? 'h2' : 'h3';
  return (
    <section className={['section', className].filter(Boolean).join(' ')} aria-labelledby={id}>
      <header><H id={id}>{title}</H>{end && <div className="end">{end}</div>}</header>
      {children}
    </section>
  );
}

// Pairs is a list of names and values.
export function Pairs({ items }: { items: readonly (readonly [ReactNode, ReactNode])[] }) {
  return <dl className="pairs">{items.map(([k, v], i) => <div key={i} style={{ display: 'contents' }}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>;
}

// Copy puts text on the clipboard and says so on itself.
export function Copy({ text, label, small = true }: { text: string | (() => string); label?: string; small?: boolean }) {
  const w = useUiWords();
  const [done, setDone] = useState(false);
  const copy = () => {
    copyText(typeof text === 'string' ? text : text()).then(() => { setDone(true); setTimeout(() => setDone(false), 1500); }, () => undefined);
  };
  return label === undefined
    ? <IconButton label={done ? w.copied : w.copy} icon={done ? 'check' : 'copy'} small={small} onClick={copy} />
    : <Button kind="quiet" small={small} icon={done ? 'check' : 'copy'} onClick={copy}>{done ? w.copied : label}</Button>;
}

// copyText works on plain HTTP too, where browsers keep navigator.clipboard back.
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
