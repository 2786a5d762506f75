import { useCallback, useRef, useState } from 'react';

/** Where a check that runs while a form is filled in stands. */
export type LiveCheck<Result> = { state: 'idle' } | { state: 'checking' } | { state: 'good'; result: Result } | { state: 'bad'; error: unknown };

/**
 * Checks the values of a form with the service while they are filled in. Values that were checked already are not
 * checked again, and an answer that comes after the values have changed is not taken.
 */
export function useLiveCheck<Body, Result>(check: (body: Body) => Promise<Result>) {
  const [live, setLive] = useState<LiveCheck<Result>>({ state: 'idle' });
  const asked = useRef<string | null>(null);
  const turn = useRef(0);

  const forget = useCallback(() => {
    turn.current += 1;
    asked.current = null;
    setLive({ state: 'idle' });
  }, []);

  const run = useCallback(
    async (body: Body): Promise<Result | undefined> => {
      const text = JSON.stringify(body);
      if (asked.current === text) return undefined;
      asked.current = text;
      turn.current += 1;
      const mine = turn.current;
      setLive({ state: 'checking' });
      try {
        const result = await check(body);
        if (turn.current !== mine) return undefined;
        setLive({ state: 'good', result });
        return result;
      } catch (error) {
        if (turn.current === mine) setLive({ state: 'bad', error });
        return undefined;
      }
    },
    [check],
  );

  return { live, run, forget };
}
