import { FormattedMessage } from 'react-intl';
import type { FieldProblem } from '../../api';
import { ExternalLink } from './Links';

/** What is wrong with a field, with a link to the page where it can be put right. */
export function FieldProblemText({ problem }: { problem: FieldProblem }) {
  return (
    <span>
      {problem.message}
      {problem.link ? (
        <>
          {' '}
          <ExternalLink href={problem.link}>
            <FormattedMessage id="field.fix" defaultMessage="Put it right" />
          </ExternalLink>
        </>
      ) : null}
    </span>
  );
}
