import type { components } from './schema';

type Schemas = components['schemas'];

export type Backup = Schemas['Backup'];
export type BackupPhaseName = NonNullable<NonNullable<Schemas['BackupOrder']['phases']>[number]>;
export type Connection = Schemas['Connection'];
export type ConnectionInput = Schemas['ConnectionInput'];
export type ConnectionTrial = Schemas['ConnectionTrial'];
export type Licence = Schemas['Licence'];
export type Plan = Schemas['Plan'];
export type Restore = Schemas['Restore'];
export type Run = Schemas['Run'];
export type Schema = Schemas['Schema'];
export type SchemaInstance = Schemas['SchemaInstance'];
export type Session = Schemas['Session'];
export type Target = Schemas['Target'];
export type TargetInput = Schemas['TargetInput'];
export type TargetTrial = Schemas['TargetTrial'];
