import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiProblem, type Plan, useApi } from '../../api';
import { planQuery, useStartPlan } from './data';
import { type Draft, type PlanWish, wishText } from './draft';

/** Why a plan is made again without having been asked for. */
export type Again = 'stale' | 'gone';

interface PlanState {
  plan: Plan | undefined;
  error: unknown;
  again: Again | null;
  /** Makes the plan anew; with a reason, the page explains it. */
  make: (why?: Again) => void;
  busy: boolean;
}

/**
 * The plan for the wishes of a draft: found again after a refresh, made once when there is none, made anew when it is gone.
 * None is made where the service would refuse it.
 */
export function usePlan(draft: Draft, change: (change: Partial<Draft>) => void, wish: PlanWish, mayMake: boolean): PlanState {
  const text = wishText(wish);
  const fits = draft.planId !== '' && draft.planFor === text;
  const start = useStartPlan();
  const plan = useQuery({ ...planQuery(useApi(), draft.planId), enabled: fits });
  const [again, setAgain] = useState<Again | null>(null);
  const asked = useRef('');
  const { mutate, reset } = start;

  const make = useCallback(
    (why?: Again) => {
      asked.current = text;
      setAgain(why ?? null);
      reset();
      change({ planId: '', planFor: '' });
      mutate(JSON.parse(text) as PlanWish, { onSuccess: ({ planId }) => change({ planId, planFor: text }) });
    },
    [text, change, mutate, reset],
  );

  // Once for each wish: a plan that could not be asked for waits for a click.
  useEffect(() => {
    if (mayMake && !fits && asked.current !== text) make();
  }, [mayMake, fits, text, make]);

  // Plans are kept for a day only.
  const gone = plan.error instanceof ApiProblem && (plan.error.status === 404 || plan.error.status === 410);
  useEffect(() => {
    // oxlint-disable-next-line react/set-state-in-effect -- the service is asked for another plan, and the page told why
    if (mayMake && fits && gone) make('gone');
  }, [mayMake, fits, gone, make]);

  return {
    plan: fits && !gone ? plan.data : undefined,
    error: start.error ?? (fits && !gone ? plan.error : null),
    again,
    make,
    busy: start.isPending,
  };
}
