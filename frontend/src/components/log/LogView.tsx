import Button from '@atlaskit/button/new';
import ArrowDownIcon from '@atlaskit/icon/core/arrow-down';
import CheckCircleIcon from '@atlaskit/icon/core/check-circle';
import ErrorIcon from '@atlaskit/icon/core/error';
import SearchIcon from '@atlaskit/icon/core/search';
import VideoNextIcon from '@atlaskit/icon/core/video-next';
import WarningIcon from '@atlaskit/icon/core/warning';
import Textfield from '@atlaskit/textfield';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { defineMessages, FormattedMessage, useIntl } from 'react-intl';

import { countOutcomes, filterLines, KEPT_LINES, type LogLine, type Outcome } from './buffer';
import type { FollowState } from './follow';
import styles from './LogView.module.css';

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

/** The live log of a run: the last lines, to be followed, searched and filtered. */
export function LogView({ state, actions }: { state: FollowState; actions?: ReactNode }) {
  const intl = useIntl();
  const { following, log } = state;
  const [outcomes, setOutcomes] = useState<ReadonlySet<Outcome>>(new Set());
  const [text, setText] = useState('');
  const searched = useDeferredValue(text);
  const [atEnd, setAtEnd] = useState(true);
  const lines = useMemo(() => filterLines(log.lines, { outcomes, text: searched }), [log.lines, outcomes, searched]);
  const counts = useMemo(() => countOutcomes(log.lines), [log.lines]);
  const filtered = outcomes.size > 0 || text.trim() !== '';

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
  useEffect(() => {
    if (atEnd && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [atEnd, newest, lines.length, rows]);

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
        <div className={styles.right}>{actions}</div>
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
              {filtered ? (
                <FormattedMessage
                  id="log.noMatch"
                  defaultMessage="None of the {n, plural, one {# line} other {# lines}} shown here matches. <clear>Clear the search</clear>"
                  values={{
                    n: log.lines.length,
                    clear: (chunks) => (
                      <button type="button" className={styles.link} onClick={clear}>
                        {chunks}
                      </button>
                    ),
                  }}
                />
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
        {!atEnd && lines.length > 0 && following !== 'ended' ? (
          <div className={styles.follow}>
            <Button appearance="primary" iconBefore={ArrowDownIcon} onClick={follow}>
              <FormattedMessage id="log.follow" defaultMessage="Follow" />
            </Button>
          </div>
        ) : null}
      </div>

      <p className={styles.foot}>
        <span className={following === 'live' ? styles.live : undefined}>{intl.formatMessage(followingNames[following])}</span>
        <span>
          {filtered ? (
            <FormattedMessage id="log.shown" defaultMessage="{shown, number} of {n, plural, one {# line} other {# lines}}" values={{ shown: lines.length, n: log.lines.length }} />
          ) : log.dropped > 0 || log.lines.length >= KEPT_LINES ? (
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
        {line.message}
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
