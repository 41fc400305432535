import { Check, Copy } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { IconButton } from './Button';
import { useCopy } from './useCopy';

/** Names and values in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

type FactProps = {
  name: string;
  /** The value has a line of its own: it is long, and is not to be broken. */
  wide?: boolean;
  children: ReactNode;
};

export function Fact({ name, wide, children }: FactProps) {
  return (
    <div className="fact" data-wide={wide || undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** An id, to be taken elsewhere. */
export function CopyId({ id }: { id: string }) {
  const { copied, copy } = useCopy(id);
  return (
    <span className="copy-id">
      <code>{id}</code>
      <IconButton size="s" label={copied ? 'Copied' : 'Copy the ID'} onPress={copy}>
        {copied ? <Check className="icon-s" aria-hidden /> : <Copy className="icon-s" aria-hidden />}
      </IconButton>
    </span>
  );
}

/** A long word that is broken where its parts end, if it has to be. */
export function Parts({ text }: { text: string }) {
  return text.split(/(?<=[^\p{L}\p{N}])/u).map((part, at) => (
    // The position is what a part is.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={at}>
      {part}
      <wbr />
    </Fragment>
  ));
}
