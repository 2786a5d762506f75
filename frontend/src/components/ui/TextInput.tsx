import { ErrorMessage, HelperMessage, Label } from '@atlaskit/form';
import Textfield from '@atlaskit/textfield';
import { forwardRef, type InputHTMLAttributes, type ReactNode, useId } from 'react';
import type { FieldProblem } from '../../api';
import { FieldProblemText } from './FieldProblemText';
import styles from './TextInput.module.css';

interface TextInputProps extends Pick<InputHTMLAttributes<HTMLInputElement>, 'name' | 'autoComplete' | 'onBlur' | 'onChange' | 'placeholder' | 'value' | 'maxLength'> {
  label: string;
  type?: 'text' | 'email' | 'url' | 'password' | 'search';
  required?: boolean;
  help?: ReactNode;
  /** What is wrong with it; stands directly below and is read with the field. */
  problem?: FieldProblem | undefined;
  /** Stands to the right of the field, such as a button that fills it. */
  beside?: ReactNode;
}

/** A field of one line with its label, its help and what is wrong with it. */
export const TextInput = forwardRef<HTMLInputElement, TextInputProps>(function TextInput(
  { label, type = 'text', required = false, help, problem, beside, ...input },
  ref,
) {
  const id = useId();
  const described = [problem ? `${id}-problem` : null, help ? `${id}-help` : null].filter(Boolean).join(' ') || undefined;
  return (
    <div className={styles.field}>
      <Label htmlFor={id}>
        {label}
        {required ? (
          <span aria-hidden="true" className={styles.required}>
            {' '}
            *
          </span>
        ) : null}
      </Label>
      <div className={styles.line}>
        <div className={styles.input}>
          <Textfield {...input} ref={ref} id={id} type={type} isInvalid={problem !== undefined} aria-required={required} aria-describedby={described} />
        </div>
        {beside}
      </div>
      {problem ? (
        <div id={`${id}-problem`} aria-live="polite">
          <ErrorMessage>
            <FieldProblemText problem={problem} />
          </ErrorMessage>
        </div>
      ) : null}
      {help ? (
        <div id={`${id}-help`}>
          <HelperMessage>{help}</HelperMessage>
        </div>
      ) : null}
    </div>
  );
});
