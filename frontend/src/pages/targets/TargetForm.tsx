import { zodResolver } from '@hookform/resolvers/zod';
import Button from '@atlaskit/button/new';
import { type FocusEvent, useEffect, useMemo } from 'react';
import { useForm } from 'react-hook-form';
import { FormattedMessage, type IntlShape, useIntl } from 'react-intl';
import { z } from 'zod';
import { ApiProblem, type FieldProblem, type Target, useCheckTarget, useSaveTarget, useSession } from '../../api';
import { CheckLine, ExternalLink, Problem, TextInput } from '../../components/ui';
import { useLiveCheck } from '../../lib/useLiveCheck';
import styles from './Targets.module.css';

const TOKENS = 'https://id.atlassian.com/manage-profile/security/api-tokens';
const FIELDS = ['name', 'url', 'email', 'token', 'workspaceId'] as const;
type Values = Record<(typeof FIELDS)[number], string>;

/**
 * The details of a target instance, to add one or to change one. They are tried on that instance while they are filled
 * in and again when they are saved; what it says about one of them stands below it.
 */
export function TargetForm({ target, onSaved, onCancel }: { target?: Target | undefined; onSaved: (target: Target) => void; onCancel: () => void }) {
  const intl = useIntl();
  const check = useCheckTarget();
  const save = useSaveTarget(target?.id);
  const { live, run, forget } = useLiveCheck(check.mutateAsync);
  const siteUrl = useSession().data?.tenant.siteUrl ?? '';
  const shape = useMemo(() => shapeOf(intl, target !== undefined, siteUrl), [intl, target, siteUrl]);
  const form = useForm<Values>({
    resolver: zodResolver(shape),
    defaultValues: { name: target?.name ?? '', url: target?.url ?? '', email: target?.email ?? '', token: '', workspaceId: target?.workspaceId ?? '' },
  });
  const { errors, isDirty } = form.formState;
  const { setFocus } = form;

  const answers = [live.state === 'bad' ? live.error : null, save.error];
  const problem = (field: keyof Values): FieldProblem | undefined => {
    const message = errors[field]?.message;
    if (message) return { message };
    for (const answer of answers) if (answer instanceof ApiProblem && answer.fields[field]) return answer.fields[field];
    return undefined;
  };
  const elsewhere = answers.find((answer) => answer && !FIELDS.some((field) => answer instanceof ApiProblem && answer.fields[field]));

  const saveError = save.error;
  useEffect(() => {
    const first = saveError instanceof ApiProblem ? FIELDS.find((field) => saveError.fields[field]) : undefined;
    if (first) setFocus(first);
  }, [saveError, setFocus]);

  function changed() {
    forget();
    save.reset();
  }

  async function tryThem(event: FocusEvent<HTMLInputElement>) {
    // Leaving a field for the button that saves would check the same thing twice.
    if (event.relatedTarget instanceof HTMLButtonElement && event.relatedTarget.type === 'submit') return;
    const { url, email, token, workspaceId } = form.getValues();
    const parts = shape.pick({ url: true, email: true, token: true }).safeParse({ url, email, token });
    if (!parts.success || !isDirty || save.isPending) return;
    const body = { ...parts.data, ...(target ? { id: target.id } : {}), ...(workspaceId.trim() ? { workspaceId: workspaceId.trim() } : {}) };
    const { token: typed, ...rest } = body;
    const found = await run(typed ? body : rest);
    if (found && !form.getValues('workspaceId')) form.setValue('workspaceId', found.workspaceId, { shouldValidate: true });
  }

  const field = (name: keyof Values) => form.register(name, { onChange: changed, onBlur: (event: FocusEvent<HTMLInputElement>) => void tryThem(event) });

  const onSubmit = form.handleSubmit(async ({ token, workspaceId, ...rest }) => {
    forget();
    const saved = await save.mutateAsync({ ...rest, ...(token ? { token } : {}), ...(workspaceId ? { workspaceId } : {}) }).catch(() => null);
    if (saved) onSaved(saved);
  });

  const tokens = (
    <ExternalLink href={TOKENS}>
      <FormattedMessage id="target.token.create" defaultMessage="Atlassian account – API tokens" />
    </ExternalLink>
  );

  return (
    <form
      className={styles.form}
      noValidate
      aria-label={target ? intl.formatMessage({ id: 'target.edit', defaultMessage: 'Edit target instance' }) : intl.formatMessage({ id: 'target.add', defaultMessage: 'Add new target instance' })}
      onSubmit={(event) => {
        // The form may stand inside another one.
        event.stopPropagation();
        void onSubmit(event);
      }}
    >
      <TextInput
        {...field('name')}
        label={intl.formatMessage({ id: 'target.name', defaultMessage: 'Connection name' })}
        autoComplete="off"
        required
        problem={problem('name')}
        help={<FormattedMessage id="target.name.help" defaultMessage="To identify the instance while migrating schemas." />}
      />
      <TextInput
        {...field('url')}
        label={intl.formatMessage({ id: 'target.url', defaultMessage: 'Target Instance URL' })}
        type="url"
        autoComplete="off"
        placeholder="https://example.atlassian.net"
        required
        problem={problem('url')}
        help={<FormattedMessage id="target.url.help" defaultMessage="The address of the other site, beginning with https://." />}
      />
      <TextInput
        {...field('email')}
        label={intl.formatMessage({ id: 'target.email', defaultMessage: 'Target Email' })}
        type="email"
        autoComplete="off"
        required
        problem={problem('email')}
        help={<FormattedMessage id="target.email.help" defaultMessage="An Atlassian account of that site with a Jira Service Management agent licence that may create schemas in Assets." />}
      />
      <TextInput
        {...field('token')}
        label={intl.formatMessage({ id: 'target.token', defaultMessage: 'Target Token' })}
        type="password"
        autoComplete="new-password"
        required={!target}
        problem={problem('token')}
        help={
          target ? (
            <FormattedMessage
              id="target.token.keep"
              defaultMessage="Leave it empty to keep the stored token, which ends in {hint}. Stored tokens are encrypted and never shown. {link}"
              values={{ hint: <code>{target.tokenHint}</code>, link: tokens }}
            />
          ) : (
            <FormattedMessage id="target.token.help" defaultMessage="An API token of that account. It is stored encrypted and never shown again. {link}" values={{ link: tokens }} />
          )
        }
      />
      <TextInput
        {...field('workspaceId')}
        label={intl.formatMessage({ id: 'target.workspace', defaultMessage: 'Target Workspace ID' })}
        autoComplete="off"
        problem={problem('workspaceId')}
        help={<FormattedMessage id="target.workspace.help" defaultMessage="Leave it empty and Stowage looks it up on that site." />}
      />
      <CheckLine
        live={live}
        checking={intl.formatMessage({ id: 'target.checking', defaultMessage: 'Trying these on that site…' })}
        good={(result) => intl.formatMessage({ id: 'target.good', defaultMessage: 'These work: the site knows this account as {name}.' }, { name: result.accountName })}
      />
      {elsewhere ? <Problem error={elsewhere} /> : null}
      <div className={styles.buttons}>
        <Button type="submit" appearance="primary" isLoading={save.isPending}>
          <FormattedMessage id="target.save" defaultMessage="Save target instance" />
        </Button>
        <Button appearance="subtle" onClick={onCancel}>
          <FormattedMessage id="target.cancel" defaultMessage="Cancel" />
        </Button>
      </div>
    </form>
  );
}

/** What can be said about the fields without asking anybody. The service checks all of it again, and more. */
function shapeOf(intl: IntlShape, stored: boolean, siteUrl: string) {
  const say = {
    name: intl.formatMessage({ id: 'target.name.missing', defaultMessage: 'Give the instance a name.' }),
    url: intl.formatMessage({ id: 'target.url.missing', defaultMessage: 'Enter the address of the other site.' }),
    https: intl.formatMessage({ id: 'target.url.https', defaultMessage: 'The address must begin with “https://”.' }),
    invalid: intl.formatMessage({ id: 'target.url.invalid', defaultMessage: 'This is not an address. It looks like https://example.atlassian.net.' }),
    local: intl.formatMessage({ id: 'target.url.local', defaultMessage: 'This address leads back to this machine. Enter the address of the other site.' }),
    email: intl.formatMessage({ id: 'target.email.missing', defaultMessage: 'Enter the email of an account of that site.' }),
    noEmail: intl.formatMessage({ id: 'target.email.invalid', defaultMessage: 'This is not an email address. It looks like name@example.com.' }),
    token: intl.formatMessage({ id: 'target.token.missing', defaultMessage: 'Paste an API token of this account.' }),
  };
  return z.object({
    name: z.string().trim().min(1, say.name),
    url: z
      .string()
      .trim()
      .min(1, say.url)
      .superRefine((text, context) => {
        if (!text) return;
        const fault = urlFault(text, siteUrl);
        if (fault) context.addIssue({ code: 'custom', message: say[fault] });
      }),
    email: z.string().trim().min(1, say.email).pipe(z.email(say.noEmail)),
    token: stored ? z.string().trim() : z.string().trim().min(1, say.token),
    workspaceId: z.string().trim(),
  });
}

/** What is wrong with an address. A site that itself is on this machine, as in the demo, may have others of its kind. */
function urlFault(text: string, siteUrl: string): 'https' | 'invalid' | 'local' | null {
  const local = isLocal(text);
  if (local && isLocal(siteUrl)) return null;
  if (!/^https:\/\//i.test(text)) return 'https';
  if (!URL.canParse(text)) return 'invalid';
  return local ? 'local' : null;
}

/** Whether an address of the web leads back to the machine of whoever opens it. */
function isLocal(address: string): boolean {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return /(^|\.)(localhost|localtest\.me)$/.test(hostname) || hostname === '[::1]' || hostname.startsWith('127.');
}
