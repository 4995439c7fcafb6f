// What /explain says, read: a line that begins in the first column is an operator, those that are indented belong to it.
export interface PlanStep { kind: string; text: string; more: string }

export function readPlan(plan: string): PlanStep[] {
  const steps: PlanStep[] = [];
  for (const line of plan.split('\n')) {
    if (line.trim() === '') continue;
    const head = /^(\S+)\s*(.*)$/.exec(line);
    const last = steps.at(-1);
    if (head && !/^\s/.test(line)) steps.push({ kind: head[1] ?? '', text: head[2] ?? '', more: '' });
    else if (last) last.more += (last.more ? '\n' : '') + line.replace(/^ {1,9}/, '');
    else steps.push({ kind: '', text: line.trim(), more: '' });
  }
  return steps;
}

// operators of the status are in the plan's order, but only those that work: sources, seeds and what is done when the view is read have none.
export const works = (kind: string) => kind === 'map' || kind === 'over' || kind === 'agg' || kind === 'aggregate';
