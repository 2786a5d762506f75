import type { Run } from '../../api';

/** How far all of a run has come: things done and to be done in all stages together, where the totals are known. */
export function overall(run: Pick<Run, 'stages' | 'state'>): { done: number; total: number } {
  let done = 0;
  let total = 0;
  for (const stage of run.stages) {
    const all = Math.max(stage.total, stage.done);
    total += all;
    done += stage.state === 'done' ? all : Math.min(stage.done, all);
  }
  return { done, total };
}

/** The stage that is worked on, and its place among all stages from 1; undefined before the first. */
export function currentStage(run: Pick<Run, 'stages' | 'stage'>): { name: string; place: number } | undefined {
  const at = run.stages.findIndex((s) => s.state === 'running');
  if (at >= 0) return { name: run.stages[at]!.name, place: at + 1 };
  if (!run.stage) return undefined;
  const named = run.stages.findIndex((s) => s.name === run.stage);
  return { name: run.stage, place: named + 1 };
}
