import { zodResolver } from '@hookform/resolvers/zod';
import Button from '@atlaskit/button/new';
import { type FocusEvent, useEffect, useMemo } from 'react';
import { type FieldPath, useForm } from 'react-hook-form';
import { FormattedMessage, useIntl } from 'react-intl';
import { z } from 'zod';
import { ApiProblem, type Connection, type FieldProblem, useCheckConnection, useFindWorkspace, useSaveConnection } from '../../api';
import { CheckLine, ExternalLink, Problem, TextInput } from '../../components/ui';
import { useLiveCheck } from '../../lib/useLiveCheck';
import styles from './Setup.module.css';

const TOKENS = 'https://id.atlassian.com/manage-profile/security/api-tokens';

interface Values {
  email: string;
  token: string;
  workspaceId: string;
}

const FIELDS = ['email', 'token', 'workspaceId'] as const satisfies readonly FieldPath<Values>[];

/**
 * The credentials of the connection. They are tried on the site while they are filled in and again when they are saved;
 * what the site says about one of them stands below it. Once connected, the stored token is kept where none is typed.
 */
export function CredentialsForm({ connection, siteUrl, submit, onSaved }: { connection: Connection | null; siteUrl: string; submit: string; onSaved: (connection: Connection) => void }) {
  const intl = useIntl();
  const check = useCheckConnection();
  const find = useFindWorkspace();
  const save = useSaveConnection();
  const { live, run, forget } = useLiveCheck(check.mutateAsync);

  const shape = useMemo(() => {
    const needed = (message: string) => z.string().trim().min(1, message);
    const token = intl.formatMessage({ id: 'credentials.token.missing', defaultMessage: 'Paste an API token of this account.' });
    return z.object({
      email: needed(intl.formatMessage({ id: 'credentials.email.missing', defaultMessage: 'Enter the email of the account that Stowage shall use.' })).pipe(
        z.email(intl.formatMessage({ id: 'credentials.email.invalid', defaultMessage: 'This is not an email address. It looks like name@example.com.' })),
      ),
      token: connection ? z.string().trim() : needed(token),
      workspaceId: needed(intl.formatMessage({ id: 'credentials.workspace.missing', defaultMessage: 'Enter the workspace ID, or let Stowage find it for you.' })),
    });
  }, [connection, intl]);

  const form = useForm<Values>({
    resolver: zodResolver(shape),
    defaultValues: { email: connection?.email ?? '', token: '', workspaceId: connection?.workspaceId ?? '' },
  });
  const { errors, isDirty } = form.formState;
  const { setFocus } = form;

  // What the site says about a field goes to that field, whichever of the three questions brought it.
  const answers = [live.state === 'bad' ? live.error : null, find.error, save.error];
  const served = (field: keyof Values): FieldProblem | undefined => {
    for (const answer of answers) if (answer instanceof ApiProblem && answer.fields[field]) return answer.fields[field];
    return undefined;
  };
  const problem = (field: keyof Values): FieldProblem | undefined => {
    const message = errors[field]?.message;
    return message ? { message } : served(field);
  };
  const elsewhere = answers.find((answer) => answer && !FIELDS.some((field) => answer instanceof ApiProblem && answer.fields[field]));

  const saveError = save.error;
  useEffect(() => {
    const first = saveError instanceof ApiProblem ? FIELDS.find((field) => saveError.fields[field]) : undefined;
    if (first) setFocus(first);
  }, [saveError, setFocus]);

  const changed = () => {
    forget();
    find.reset();
    save.reset();
  };
  const field = (name: keyof Values) => form.register(name, { onChange: changed, onBlur: (event: FocusEvent<HTMLInputElement>) => void tryThem(event) });

  /** The credentials as they stand, or null while they cannot be tried yet. */
  const typed = () => {
    const { email, token, workspaceId } = form.getValues();
    if (!z.email().safeParse(email.trim()).success || (!connection && !token.trim())) return null;
    return { email: email.trim(), ...(token.trim() ? { token: token.trim() } : {}), ...(workspaceId.trim() ? { workspaceId: workspaceId.trim() } : {}) };
  };

  async function tryThem(event: FocusEvent<HTMLInputElement>) {
    // Leaving a field for the button that saves would check the same thing twice.
    if (event.relatedTarget instanceof HTMLButtonElement && event.relatedTarget.type === 'submit') return;
    const body = typed();
    if (!body || !isDirty || save.isPending) return;
    const found = await run(body);
    if (found && !form.getValues('workspaceId')) form.setValue('workspaceId', found.workspaceId, { shouldValidate: true });
  }

  async function findWorkspace() {
    changed();
    const ready = await form.trigger(['email', 'token'], { shouldFocus: true });
    if (!ready) return;
    const { email, token } = form.getValues();
    const found = await find.mutateAsync({ email: email.trim(), ...(token.trim() ? { token: token.trim() } : {}) }).catch(() => null);
    if (found) form.setValue('workspaceId', found.workspaceId, { shouldDirty: true, shouldValidate: true });
  }

  const onSubmit = form.handleSubmit(async ({ email, token, workspaceId }) => {
    forget();
    find.reset();
    const saved = await save.mutateAsync({ email, workspaceId, ...(token ? { token } : {}) }).catch(() => null);
    if (saved) onSaved(saved);
  });

  const tokens = (
    <ExternalLink href={TOKENS}>
      <FormattedMessage id="credentials.token.create" defaultMessage="Atlassian account – API tokens" />
    </ExternalLink>
  );
  const workspacePage = `${siteUrl.replace(/\/$/, '')}/rest/servicedeskapi/assets/workspace`;
  return (
    <form className={styles.form} noValidate onSubmit={(event) => void onSubmit(event)}>
      <TextInput
        {...field('email')}
        label={intl.formatMessage({ id: 'credentials.email', defaultMessage: 'Email' })}
        type="email"
        autoComplete="off"
        required
        problem={problem('email')}
        help={
          <FormattedMessage
            id="credentials.email.help"
            defaultMessage="The Atlassian account that Stowage reads and writes Assets with. It needs a Jira Service Management agent licence, and the Manager role in the schemas to restore into or membership of the Jira administrators. To restore objects in issues it must see those issues."
          />
        }
      />
      <TextInput
        {...field('token')}
        label={intl.formatMessage({ id: 'credentials.token', defaultMessage: 'API Token' })}
        type="password"
        autoComplete="new-password"
        required={!connection}
        problem={problem('token')}
        help={
          connection ? (
            <FormattedMessage
              id="credentials.token.keep"
              defaultMessage="Leave it empty to keep the stored token, which ends in {hint}. Stored tokens are encrypted and never shown. {link}"
              values={{ hint: <code>{connection.tokenHint}</code>, link: tokens }}
            />
          ) : (
            <FormattedMessage id="credentials.token.help" defaultMessage="Create a token for this account, then copy and paste it here. It is stored encrypted and never shown again. {link}" values={{ link: tokens }} />
          )
        }
      />
      <TextInput
        {...field('workspaceId')}
        label={intl.formatMessage({ id: 'credentials.workspace', defaultMessage: 'Workspace ID' })}
        autoComplete="off"
        required
        problem={problem('workspaceId')}
        beside={
          <Button onClick={() => void findWorkspace()} isLoading={find.isPending}>
            <FormattedMessage id="credentials.workspace.find" defaultMessage="Find it for me" />
          </Button>
        }
        help={
          <FormattedMessage
            id="credentials.workspace.help"
            defaultMessage="The ID of the Assets workspace of this site. Stowage finds it once the two fields above are filled in; it can also be read at <a>the workspace address of your site</a>."
            values={{ a: (text) => <ExternalLink href={workspacePage}>{text}</ExternalLink> }}
          />
        }
      />
      <CheckLine
        live={live}
        checking={intl.formatMessage({ id: 'credentials.checking', defaultMessage: 'Trying these on your site…' })}
        good={(result) => intl.formatMessage({ id: 'credentials.good', defaultMessage: 'These work: {site} knows this account as {name}.' }, { site: siteName(result.siteUrl), name: result.accountName })}
      />
      {elsewhere ? <Problem error={elsewhere} /> : null}
      <div className={styles.buttons}>
        <Button type="submit" appearance="primary" isLoading={save.isPending}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

/** The name of a site as people say it: without the scheme. */
function siteName(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
