/** The restores of all schemas, newest first. */
export function HistoryTable() {
  return null;
}
