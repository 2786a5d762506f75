import { z } from 'zod';

/** What a restore keeps in its address: whether its log is open, and what alone it then shows. */
export const restoreSearch = z.object({
  log: z.literal(true).optional().catch(undefined),
  only: z.enum(['failed', 'warned']).optional().catch(undefined),
});
