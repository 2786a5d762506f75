/** The states of a restore as the API names them. */
export type RestoreState = 'pending' | 'running' | 'stopping' | 'completed' | 'completedWithErrors' | 'terminated' | 'error';

/** Where a status stands: the pages say the same in slightly different words. */
export type Place = 'restore' | 'grid' | 'history';

export type StatusWord =
  | 'Restore pending'
  | 'Restore in progress'
  | 'In progress'
  | 'Stopping'
  | 'Restore completed'
  | 'Restore completed with errors'
  | 'Restore terminated'
  | 'Restore Error'
  | 'Restore error';

export type Tone = 'default' | 'inprogress' | 'success' | 'moved' | 'removed';

/** The word and the colour of a state. A state this version does not know counts as in progress: never as done. */
export function statusOf(state: string, place: Place): { word: StatusWord; tone: Tone } {
  switch (state) {
    case 'pending':
      return { word: place === 'history' ? 'In progress' : 'Restore pending', tone: 'default' };
    case 'stopping':
      return { word: 'Stopping', tone: 'moved' };
    case 'completed':
      return { word: 'Restore completed', tone: 'success' };
    case 'completedWithErrors':
      return { word: 'Restore completed with errors', tone: 'moved' };
    case 'terminated':
      return { word: 'Restore terminated', tone: 'moved' };
    case 'error':
      return { word: place === 'restore' ? 'Restore Error' : 'Restore error', tone: 'removed' };
    default:
      return { word: place === 'history' ? 'In progress' : 'Restore in progress', tone: 'inprogress' };
  }
}

/** Whether nothing more is going to happen by itself. */
export function isOver(state: string): boolean {
  return state === 'completed' || state === 'completedWithErrors' || state === 'terminated' || state === 'error';
}

/** Whether the restored schema is there to be opened. */
export function hasSchema(restore: { state: string; target: { url?: string | undefined; schemaId?: string | undefined } }): boolean {
  return (restore.state === 'completed' || restore.state === 'completedWithErrors') && !!restore.target.url;
}

/** Whether the full log is there to be downloaded: once nothing more happens, and where it came to writing at all. */
export function hasLog(restore: { state: string; target: { schemaId?: string | undefined } }): boolean {
  return isOver(restore.state) && !!restore.target.schemaId;
}

/** "Restore ended": empty for a restore that failed before it began; a terminated one says when it was terminated. */
export function endedAt(restore: { state: string; startedAt?: string | undefined; endedAt?: string | undefined }): string | undefined {
  if (!isOver(restore.state)) return undefined;
  if (restore.state === 'error' && !restore.startedAt) return undefined;
  return restore.endedAt;
}

/** Whether nothing more comes from a run. One that was interrupted goes on by itself. */
export function runIsOver(state: string): boolean {
  return state === 'succeeded' || state === 'partial' || state === 'failed' || state === 'terminated';
}
