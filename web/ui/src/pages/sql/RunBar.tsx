import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '../../api';
import type { Statement } from '../../editor';
import type { GridFilter, GridSort } from '../../grid';
import { Button, Dialog, ErrorNote, keyText, Menu, MenuItem, MenuSep, Segments, Tooltip } from '../../ui';
import { explainSql, exportHref, type Params } from './client';
import { EachDialog } from './EachDialog';
import { useSqlWords } from './words';

export interface RunBarProps {
  statement: Statement | undefined;
  names: readonly string[]; // of the parameters
  params: Params;
  onParam: (name: string, value: string) => void;
  running: boolean;
  starting: boolean;
  onRun: (each?: { param: string; values: string[] }) => void;
  onCancel: () => void;
  result: string | undefined;
  view: 'rows' | 'chart' | 'profile';
  onView: (v: 'rows' | 'chart' | 'profile') => void;
  sort: GridSort | undefined;
  filters: readonly GridFilter[];
  onSave: () => void;
  onSaveAs: () => void;
  onSaveView: () => void;
  onAddTo: () => void;
  onFormat: () => void;
}

// RunBar runs what is written and says how the answer is shown.
export function RunBar(p: RunBarProps) {
  const w = useSqlWords();
  const editor = useCan('editor');
  const [each, setEach] = useState(false);
  const plan = useMutation({ mutationFn: () => explainSql(p.statement?.text ?? '', p.params) });
  const none = p.statement === undefined;
  return (
    <div className="sql-runbar">
      {p.running
        ? <Button icon="stop" onClick={p.onCancel}>{w.cancel}</Button>
        : <Tooltip text={none ? w.nothingToRun : w.runTip} keys="mod+enter"><Button kind="primary" busy={p.starting} disabled={none} onClick={() => p.onRun()}>{w.run} <span aria-hidden="true">{keyText('mod+enter')}</span></Button></Tooltip>}
      {p.names.length > 0 && (
        <div className="sql-params" role="group" aria-label={w.params}>
          {p.names.map(n => (
            <label key={n} className="sql-param"><span>{n}</span>
              <input value={p.params[n] ?? ''} spellCheck={false} autoComplete="off" size={Math.max(5, Math.min(24, (p.params[n] ?? '').length + 1))} onChange={e => p.onParam(n, e.target.value)} onKeyDown={e => { if (e.key === 'Enter') { e.preventDefault(); p.onRun(); } }} />
            </label>
          ))}
          <Button kind="quiet" disabled={none} onClick={() => setEach(true)}>{w.each}</Button>
        </div>
      )}
      <span className="sql-acts">
        <Button kind="quiet" disabled={none} onClick={() => plan.mutate()}>{w.explain}</Button>
        {p.result !== undefined && <Segments label={w.showAs} value={p.view} options={[{ value: 'rows', label: w.rows }, { value: 'chart', label: w.chart }, { value: 'profile', label: w.profile }]} onChange={p.onView} />}
        {p.result !== undefined && (
          <Menu align="end" trigger={<Button kind="quiet">{w.export} <span aria-hidden="true">▾</span></Button>}>
            <MenuItem icon="download" render={<a download href={exportHref(p.result, 'csv', false, p.sort, p.filters)} />}>{w.csv}</MenuItem>
            <MenuItem icon="download" render={<a download href={exportHref(p.result, 'csv', true, p.sort, p.filters)} />}>{w.csvBom}</MenuItem>
            <MenuItem icon="download" render={<a download href={exportHref(p.result, 'json', false, p.sort, p.filters)} />}>{w.jsonFile}</MenuItem>
            {(p.sort || p.filters.length > 0) && <div className="menu-head">{w.exportSeen}</div>}
          </Menu>
        )}
        <Menu align="end" trigger={<Button>{w.save} <span aria-hidden="true">▾</span></Button>}>
          <MenuItem icon="save" keys="mod+s" onSelect={p.onSave}>{w.saveQuery}</MenuItem>
          <MenuItem icon="copy" onSelect={p.onSaveAs}>{w.saveAs}</MenuItem>
          {editor && <MenuItem icon="view" disabled={none} onSelect={p.onSaveView}>{w.saveView}</MenuItem>}
          {editor && <MenuItem icon="dash" disabled={none} onSelect={p.onAddTo}>{w.addTo}</MenuItem>}
          <MenuSep />
          <MenuItem icon="edit" keys="shift+alt+f" disabled={none} onSelect={p.onFormat}>{w.format}</MenuItem>
        </Menu>
      </span>
      {each && <EachDialog names={p.names} params={p.params} onClose={() => setEach(false)} onRun={(param, values) => p.onRun({ param, values })} />}
      <Dialog open={!plan.isIdle} onClose={plan.reset} title={w.plan} wide>
        {plan.error ? <ErrorNote error={plan.error} mono /> : <pre className="sql-plan" aria-busy={plan.isPending} tabIndex={0}>{plan.data ?? ''}</pre>}
      </Dialog>
    </div>
  );
}
