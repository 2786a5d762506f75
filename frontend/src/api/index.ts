export { type Api, ApiContext, createApi, unwrap, useApi } from './client';
export { useCheckConnection, useChooseStorage, useConnection, useDeleteConnection, useFindWorkspace, useSaveConnection, useSync } from './connection';
export { ApiProblem, type FieldProblem, fieldProblem, hasCode } from './problem';
export { createQueryClient, isActive, keys, pace, SOMETIME, SOON } from './queries';
export { useRun, useStopRun } from './runs';
export { SCHEMAS_PER_PAGE, type SchemaWish, useDeleteSchema, useSchemas, useStartBackup } from './schemas';
export { sessionQuery, useSession } from './session';
export { useCheckTarget, useDeleteTarget, useSaveTarget, useTargets } from './targets';
export type * from './types';
