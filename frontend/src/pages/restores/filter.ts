import { z } from 'zod';

/** Which restores are shown: all, or those of one schema. It stands in the address. */
export const restoresSearch = z.object({ schema: z.string().min(1).max(64).optional().catch(undefined) });

/** Whether the log of a restore is open. */
export const restoreSearch = z.object({ log: z.literal(true).optional().catch(undefined) });
