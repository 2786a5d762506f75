export { type Api, ApiContext, apiRoot, createApi, unwrap, useApi } from './client';
export { ApiProblem, type FieldProblem, fieldProblem, hasCode } from './problem';
export { createQueryClient, isActive, keys, pace, SOMETIME, SOON } from './queries';
export { useRun, useStopRun } from './runs';
export { sessionQuery, useSession } from './session';
export type * from './types';
