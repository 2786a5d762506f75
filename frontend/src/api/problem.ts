import { z } from 'zod';

/** What is wrong with one field, and where it can be put right. */
export interface FieldProblem {
  message: string;
  code?: string | undefined;
  link?: string | undefined;
}

const shape = z.object({
  title: z.string().optional(),
  status: z.number().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  requestId: z.string().optional(),
  errors: z
    .array(z.object({ location: z.string(), message: z.string(), code: z.string().optional(), link: z.string().optional() }))
    .nullish(),
});

/** A request that was not answered as hoped: what the service said about it, or that it said nothing. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** A word for programs, such as `not-connected`; `unreachable` when no answer came. */
  readonly code: string;
  /** What to name when asking for help. */
  readonly requestId: string | undefined;
  /** What is wrong with single fields, by the name of the field without `body.`. */
  readonly fields: Readonly<Record<string, FieldProblem>>;

  constructor(init: { status: number; code?: string | undefined; message: string; requestId?: string | undefined; fields?: Record<string, FieldProblem> }) {
    super(init.message);
    this.status = init.status;
    this.code = init.code ?? 'unknown';
    this.requestId = init.requestId;
    this.fields = init.fields ?? {};
  }

  static from(status: number, body: unknown, requestId?: string | null): ApiProblem {
    const parsed = shape.safeParse(body);
    if (!parsed.success) return new ApiProblem({ status, message: '', requestId: requestId ?? undefined });
    const { detail, title, code, errors } = parsed.data;
    const fields: Record<string, FieldProblem> = {};
    for (const { location, ...problem } of errors ?? []) {
      const field = location.replace(/^body\./, '');
      fields[field] ??= problem;
    }
    return new ApiProblem({ status, code, message: detail ?? title ?? '', requestId: parsed.data.requestId ?? requestId ?? undefined, fields });
  }

  /** Whether asking again unchanged may help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** What is wrong with a field, if an error of the service says so. */
export function fieldProblem(error: unknown, field: string): FieldProblem | undefined {
  return error instanceof ApiProblem ? error.fields[field] : undefined;
}

/** Whether an error is the service's answer with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.code === code;
}
