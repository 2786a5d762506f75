import { z } from 'zod';

/** Which form stands open over the list: for a new instance, or for the one with this id. */
export const targetSearch = z.object({
  add: z.literal(true).optional().catch(undefined),
  edit: z.string().min(1).optional().catch(undefined),
});
