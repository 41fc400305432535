import { Check, Copy } from 'lucide-react';
import { Button } from './Button';
import { useCopy } from './useCopy';

type SecretProps = { label: string; text: string; hint?: string };

/** Text to take away: a secret or a command, with a button that copies it. */
export function Secret({ label, text, hint }: SecretProps) {
  const { copied, copy } = useCopy(text);
  return (
    <section className="secret" aria-label={label}>
      <div className="secret-head">
        <span className="strong">{label}</span>
        <Button size="s" aria-label={`Copy: ${label}`} onPress={copy}>
          {copied ? <Check className="icon-s" aria-hidden /> : <Copy className="icon-s" aria-hidden />}
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <pre className="secret-text">
        <code>{text}</code>
      </pre>
      {hint && <p className="hint">{hint}</p>}
      <p className="hidden-text" role="status">
        {copied ? `${label} copied` : ''}
      </p>
      {copied === false && (
        <p className="field-error">The browser did not allow copying. Select the text and copy it.</p>
      )}
    </section>
  );
}
