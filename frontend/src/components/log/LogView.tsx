import Button from '@atlaskit/button/new';
import ArrowDownIcon from '@atlaskit/icon/core/arrow-down';
import CheckCircleIcon from '@atlaskit/icon/core/check-circle';
import ErrorIcon from '@atlaskit/icon/core/error';
import SearchIcon from '@atlaskit/icon/core/search';
import VideoNextIcon from '@atlaskit/icon/core/video-next';
import WarningIcon from '@atlaskit/icon/core/warning';
import Textfield from '@atlaskit/textfield';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { defineMessages, FormattedMessage, type IntlShape, useIntl } from 'react-intl';

import { ApiProblem, isActive, type Run } from '../../api';
import { explain } from '../ui';
import { countOutcomes, filterLines, isWhole, type LogLine, type Outcome, textOf } from './buffer';
import type { FollowState } from './follow';
import styles from './LogView.module.css';
import { useLogSearch } from './useLogSearch';

const OUTCOMES: readonly Outcome[] = ['ok', 'failed', 'skipped', 'warned'];

const outcomeNames = defineMessages({
  ok: { id: 'log.ok', defaultMessage: 'OK' },
  failed: { id: 'log.failed', defaultMessage: 'Failed' },
  skipped: { id: 'log.skipped', defaultMessage: 'Skipped' },
  warned: { id: 'log.warned', defaultMessage: 'Warnings' },
});

const followingNames = defineMessages({
  loading: { id: 'log.loading', defaultMessage: 'Opening the log' },
  live: { id: 'log.live', defaultMessage: 'Live' },
  paused: { id: 'log.paused', defaultMessage: 'Paused while this tab is hidden' },
  retrying: { id: 'log.retrying', defaultMessage: 'The service cannot be reached. Trying again…' },
  ended: { id: 'log.ended', defaultMessage: 'Complete' },
});

/** How often screen readers are told what is new. */
const TELL_EVERY = 10_000;
/** Closer to the end than this counts as at the end. */
const NEAR = 24;

interface Props {
  run: Run;
  state: FollowState;
  /** What alone is shown at first; everything when it is missing. */
  only?: Outcome | undefined;
}

/**
 * The live log of a run: its last lines, to be followed. What is searched for or chosen is looked for in all of the log,
 * however long it is.
 */
export function LogView({ run, state, only }: Props) {
  const intl = useIntl();
  const { following, log } = state;
  const [outcomes, setOutcomes] = useState<ReadonlySet<Outcome>>(() => new Set(only ? [only] : []));
  const [text, setText] = useState('');
  const searched = useDeferredValue(text);
  const [atEnd, setAtEnd] = useState(true);
  const filtered = outcomes.size > 0 || text.trim() !== '';
  const whole = isWhole(log);
  const { found, error } = useLogSearch(run.id, { outcomes, text }, filtered && !whole, isActive(run));
  const near = useMemo(() => filterLines(log.lines, { outcomes, text: searched }), [log.lines, outcomes, searched]);
  const lines = found?.lines ?? near;
  const searching = filtered && !whole && !found && !error;
  const counts = useMemo(() => (whole ? countOutcomes(log.lines) : countsOf(run)), [whole, log.lines, run]);

  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing of it is handed to memoised components
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 36,
    getItemKey: (i) => lines[i]!.seq,
    overscan: 12,
  });

  const newest = lines[lines.length - 1]?.seq;
  // What was searched for is read from its beginning.
  const follows = !filtered;
  useEffect(() => {
    if (follows && atEnd && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follows, atEnd, newest, lines.length, rows]);

  const scrolled = () => {
    const el = box.current;
    if (el) setAtEnd(el.scrollHeight - el.scrollTop - el.clientHeight < NEAR);
  };
  const follow = () => {
    setAtEnd(true);
    if (lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
  };
  const flip = (outcome: Outcome) => {
    const next = new Set(outcomes);
    if (!next.delete(outcome)) next.add(outcome);
    setOutcomes(next);
  };
  const clear = () => {
    setOutcomes(new Set());
    setText('');
  };

  return (
    <div className={styles.log}>
      <div className={styles.bar}>
        <div className={styles.search}>
          <Textfield
            aria-label={intl.formatMessage({ id: 'log.search', defaultMessage: 'Search the log' })}
            placeholder={intl.formatMessage({ id: 'log.search', defaultMessage: 'Search the log' })}
            elemBeforeInput={
              <span className={styles.glass}>
                <SearchIcon label="" />
              </span>
            }
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            isCompact
          />
        </div>
        <div className={styles.filters} role="group" aria-label={intl.formatMessage({ id: 'log.filter', defaultMessage: 'Show only' })}>
          {OUTCOMES.map((outcome) => (
            <button key={outcome} type="button" className={styles.filter} aria-pressed={outcomes.has(outcome)} onClick={() => flip(outcome)}>
              <Mark outcome={outcome} />
              {intl.formatMessage(outcomeNames[outcome])}
              <span className={styles.number}>{intl.formatNumber(counts[outcome])}</span>
            </button>
          ))}
        </div>
      </div>

      <div className={styles.frame}>
        <div
          ref={box}
          className={styles.lines}
          onScroll={scrolled}
          tabIndex={0}
          role="region"
          aria-label={intl.formatMessage({ id: 'log.lines', defaultMessage: 'Log lines' })}
        >
          {lines.length === 0 ? (
            <p className={styles.nothing}>
              {searching ? (
                <FormattedMessage id="log.searching" defaultMessage="Searching the whole log…" />
              ) : filtered ? (
                <FormattedMessage
                  id="log.noMatch"
                  defaultMessage="No line of this log matches. <clear>Clear the search</clear>"
                  values={{
                    clear: (chunks) => (
                      <button type="button" className={styles.link} onClick={clear}>
                        {chunks}
                      </button>
                    ),
                  }}
                />
              ) : following === 'loading' || following === 'retrying' ? (
                sayFollowing(intl, state)
              ) : following === 'ended' ? (
                <FormattedMessage id="log.empty" defaultMessage="Nothing was written into this log." />
              ) : (
                <FormattedMessage id="log.soon" defaultMessage="The first lines appear as soon as objects are restored." />
              )}
            </p>
          ) : (
            <ul className={styles.all} style={{ height: rows.getTotalSize() }}>
              {rows.getVirtualItems().map((row) => (
                <li
                  key={row.key}
                  ref={rows.measureElement}
                  data-index={row.index}
                  aria-setsize={lines.length}
                  aria-posinset={row.index + 1}
                  className={styles.row}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <Line line={lines[row.index]!} />
                </li>
              ))}
            </ul>
          )}
        </div>
        {follows && !atEnd && lines.length > 0 && following !== 'ended' ? (
          <div className={styles.follow}>
            <Button appearance="primary" iconBefore={ArrowDownIcon} onClick={follow}>
              <FormattedMessage id="log.follow" defaultMessage="Follow" />
            </Button>
          </div>
        ) : null}
      </div>

      <p className={styles.foot}>
        <span className={following === 'live' ? styles.live : undefined}>{sayFollowing(intl, state)}</span>
        <span>
          {error ? (
            <FormattedMessage id="log.searchFailed" defaultMessage="Only the last {n, number} lines could be searched. {why}" values={{ n: log.lines.length, why: explain(intl, error).text }} />
          ) : found ? (
            <FormattedMessage
              id="log.found"
              defaultMessage="{more, select, true {The first {n, number} lines of the whole log that match} other {{n, plural, one {# line} other {# lines}} of the whole log}}"
              values={{ n: found.lines.length, more: String(found.more) }}
            />
          ) : searching ? (
            <FormattedMessage id="log.searching" defaultMessage="Searching the whole log…" />
          ) : filtered ? (
            <FormattedMessage id="log.shown" defaultMessage="{shown, number} of {n, plural, one {# line} other {# lines}}" values={{ shown: lines.length, n: log.lines.length }} />
          ) : !whole ? (
            <FormattedMessage id="log.window" defaultMessage="The last {n, number} lines. The full log has them all." values={{ n: log.lines.length }} />
          ) : (
            <FormattedMessage id="log.all" defaultMessage="{n, plural, one {# line} other {# lines}}" values={{ n: log.lines.length }} />
          )}
        </span>
      </p>
      <Announcer state={state} />
    </div>
  );
}

/** How the log is being followed. Where it cannot be read, why; the service is asked again all the same. */
function sayFollowing(intl: IntlShape, { following, error }: FollowState): string {
  if (following === 'retrying' && error instanceof ApiProblem && !error.passing) return explain(intl, error).text;
  return intl.formatMessage(followingNames[following]);
}

/** How many lines of each outcome the whole log has, as far as the run knows. */
function countsOf({ progress }: Run): Record<Outcome, number> {
  return { ok: progress.created, failed: progress.failed, skipped: progress.skipped, warned: progress.warned };
}

function Line({ line }: { line: LogLine }) {
  const intl = useIntl();
  return (
    <div className={styles.line}>
      <time className={styles.time} dateTime={line.at}>
        {line.at ? intl.formatTime(line.at, { hour: '2-digit', minute: '2-digit', second: '2-digit' }) : ''}
      </time>
      <span className={styles.mark}>
        <Mark outcome={line.outcome} labelled />
      </span>
      <span className={styles.key}>{line.key ?? line.kind}</span>
      <span className={styles.message}>
        {line.attribute ? <span className={styles.attribute}>{line.attribute}: </span> : null}
        {textOf(line)}
      </span>
    </div>
  );
}

function Mark({ outcome, labelled = false }: { outcome: Outcome; labelled?: boolean }) {
  const intl = useIntl();
  const label = labelled ? intl.formatMessage(outcomeNames[outcome]) : '';
  switch (outcome) {
    case 'ok':
      return <CheckCircleIcon label={label} color="var(--ds-icon-success)" size="small" />;
    case 'failed':
      return <ErrorIcon label={label} color="var(--ds-icon-danger)" size="small" />;
    case 'skipped':
      return <VideoNextIcon label={label} color="var(--ds-icon-subtle)" size="small" />;
    case 'warned':
      return <WarningIcon label={label} color="var(--ds-icon-warning)" size="small" />;
  }
}

/** Tells screen readers now and then how much is new, instead of reading every line. */
function Announcer({ state }: { state: FollowState }) {
  const intl = useIntl();
  const latest = useRef(state);
  useEffect(() => {
    latest.current = state;
  }, [state]);
  const told = useRef({ lines: -1, failed: 0 });
  const [text, setText] = useState('');

  useEffect(() => {
    const tell = () => {
      const { log, following } = latest.current;
      const lines = log.dropped + log.lines.length;
      const before = told.current.lines;
      told.current.lines = lines;
      if (following === 'ended') return setText(intl.formatMessage({ id: 'log.tell.ended', defaultMessage: 'The log is complete: {n, plural, one {# line} other {# lines}}.' }, { n: lines }));
      if (before < 0 || lines === before) return;
      const fresh = log.lines.slice(-(lines - before));
      const failed = countOutcomes(fresh).failed;
      setText(
        intl.formatMessage(
          { id: 'log.tell', defaultMessage: '{n, plural, one {# new line} other {# new lines}} in the log{failed, plural, =0 {} one {, # failed} other {, # failed}}.' },
          { n: lines - before, failed },
        ),
      );
    };
    const timer = setInterval(tell, TELL_EVERY);
    if (state.following === 'ended') tell();
    return () => clearInterval(timer);
  }, [intl, state.following]);

  return (
    <div className={styles.hidden} role="status" aria-live="polite">
      {text}
    </div>
  );
}
