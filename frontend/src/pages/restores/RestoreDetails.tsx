import { FormattedMessage, useIntl } from 'react-intl';

import type { Restore } from '../../api';
import { When } from '../../components/ui';
import { DownloadLog } from './DownloadLog';
import { Box, Boxes, Facts } from './Facts';
import { Proof } from './ResultMessage';
import styles from './RestoreDetails.module.css';
import { endedAt, isOver } from './status';
import { DestinationName, NotAvailable, SourceSchema, TargetSchema, YesNo } from './words';

type Part = Restore['parts'][number]['part'];

/** What came of one of the parts that can be restored after the objects: words for "not started", never a dead button. */
export function PartFacts({ restore, part }: { restore: Restore; part: Part }) {
  const found = restore.parts.find((p) => p.part === part);
  return (
    <Facts
      items={[
        [
          <FormattedMessage key="s" id="restores.part.started" defaultMessage="Restore started" />,
          found?.startedAt ? <When key="sv" at={found.startedAt} /> : <NotAvailable key="sv" />,
        ],
        [
          <FormattedMessage key="e" id="restores.part.ended" defaultMessage="Restore ended" />,
          found?.endedAt ? <When key="ev" at={found.endedAt} /> : <NotAvailable key="ev" />,
        ],
        [
          <FormattedMessage key="t" id="restores.part.status" defaultMessage="Restore status" />,
          found?.state ?? <FormattedMessage key="tv" id="restores.part.notStarted" defaultMessage="Not started" />,
        ],
        [<FormattedMessage key="m" id="restores.part.message" defaultMessage="Result message" />, found?.message],
      ]}
    />
  );
}

/** The boxes of a restore: its schemas, its options, its log, and the parts that can follow. */
export function RestoreDetails({ restore }: { restore: Restore }) {
  const intl = useIntl();
  const { options, run } = restore;
  const ended = endedAt(restore);
  return (
    <Boxes>
      <Box title={intl.formatMessage({ id: 'restores.box.schemas', defaultMessage: 'Schemas' })}>
        <Facts
          items={[
            [<FormattedMessage key="s" id="restores.source" defaultMessage="Source" />, <SourceSchema key="sv" restore={restore} />],
            [<FormattedMessage key="t" id="restores.target" defaultMessage="Target" />, <TargetSchema key="tv" restore={restore} />],
            [<FormattedMessage key="d" id="restores.destination" defaultMessage="Destination" />, <DestinationName key="dv" restore={restore} />],
            [<FormattedMessage key="i" id="restores.instance" defaultMessage="Instance" />, [restore.target.name, restore.target.siteUrl].filter(Boolean).join(' · ')],
          ]}
        />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.box.options', defaultMessage: 'Restore options' })}>
        <Facts
          items={[
            [<FormattedMessage key="w" id="restores.with" defaultMessage="Restored with" />, restore.restoredWith],
            [<FormattedMessage key="h" id="restores.option.history" defaultMessage="Objects history restored" />, <YesNo key="hv" yes={options.history} />],
            [
              <FormattedMessage key="t" id="restores.option.types" defaultMessage="Specific object types restored" />,
              <YesNo key="tv" yes={(options.objectTypes?.length ?? 0) > 0} />,
            ],
            [<FormattedMessage key="i" id="restores.option.icons" defaultMessage="Custom objects Icons restored" />, <YesNo key="iv" yes={options.icons} />],
            [<FormattedMessage key="d" id="restores.option.duplicates" defaultMessage="Duplicate objects selected" />, <YesNo key="dv" yes={options.duplicates} />],
          ]}
        />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.box.information', defaultMessage: 'Restore information' })}>
        <Facts
          items={[
            [<FormattedMessage key="o" id="restores.objects" defaultMessage="Objects" />, counts(intl.formatMessage, restore)],
            [<FormattedMessage key="e" id="restores.ended" defaultMessage="Restore ended" />, ended ? <When key="ev" at={ended} /> : <NotAvailable key="ev" />],
            [<FormattedMessage key="p" id="restores.proof" defaultMessage="Proof" />, isOver(restore.state) ? <Proof key="pv" restore={restore} /> : <NotAvailable key="pv" />],
          ]}
        />
        {run ? (
          <div className={styles.actions}>
            <DownloadLog restoreId={restore.id} number={restore.number} />
          </div>
        ) : null}
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.references', defaultMessage: 'Cross-schema references' })}>
        <PartFacts restore={restore} part="references" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.comments', defaultMessage: 'Comments' })}>
        <PartFacts restore={restore} part="comments" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.objectTypeId', defaultMessage: 'Restore Object Type ID' })}>
        <PartFacts restore={restore} part="objectTypeId" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.issues', defaultMessage: 'Objects in issues' })}>
        <PartFacts restore={restore} part="issues" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.attachments', defaultMessage: 'Attachments' })}>
        <PartFacts restore={restore} part="attachments" />
      </Box>
    </Boxes>
  );
}

function counts(say: ReturnType<typeof useIntl>['formatMessage'], restore: Restore): string {
  const { planned, created, failed, skipped } = restore.counts;
  return say(
    {
      id: 'restores.counts',
      defaultMessage: '{created, number} of {planned, number} created{failed, plural, =0 {} other {, # failed}}{skipped, plural, =0 {} other {, # left out}}',
    },
    { created, planned, failed, skipped },
  );
}
