import './sql.css';
import { Page } from '../../frame';
import { useSqlWords } from './words';
import { Workbench } from './Workbench';

// SqlPage asks anything of all that maru has.
export function SqlPage() {
  const w = useSqlWords();
  return <Page title={w.title} fixed><Workbench /></Page>;
}
