import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode, Ref } from 'react';
import {
  Button as AriaButton,
  Tooltip,
  TooltipTrigger,
  type ButtonProps as AriaButtonProps,
} from 'react-aria-components';
import { toast } from './Toasts';

type Look = {
  kind?: 'primary' | 'danger' | 'quiet' | 'link';
  size?: 's';
};

type ButtonProps = Omit<AriaButtonProps, 'className' | 'style'> &
  Look & {
    /** Why it cannot be pressed now. The button stays in place and in the tab order, and says so. */
    refusal?: string | undefined;
    ref?: Ref<HTMLButtonElement>;
  };

export function Button({ kind, size, refusal, onPress, ...rest }: ButtonProps) {
  const button = (
    <AriaButton {...rest} {...pressing(refusal, onPress)} className="button" data-kind={kind} data-size={size} />
  );
  return refusal ? <Tipped tip={refusal}>{button}</Tipped> : button;
}

type IconButtonProps = Omit<ButtonProps, 'children' | 'aria-label'> & { label: string; children: ReactNode };

/** A button with a picture only: its name is its label and its tooltip. */
export function IconButton({ label, kind = 'quiet', size, refusal, onPress, children, ...rest }: IconButtonProps) {
  return (
    <Tipped tip={refusal ? `${label}: ${refusal}` : label}>
      <AriaButton
        {...rest}
        {...pressing(refusal, onPress)}
        aria-label={label}
        className="button"
        data-icon
        data-kind={kind}
        data-size={size}
      >
        {children}
      </AriaButton>
    </Tipped>
  );
}

/** A link that looks like a button, because it leads to a page and not to an effect. */
export function LinkButton({ kind, size, children, ...link }: LinkProps & Look & { children: ReactNode }) {
  return (
    <Link activeOptions={{ exact: true }} {...link} className="button" data-kind={kind} data-size={size}>
      {children}
    </Link>
  );
}

/** A finger has no tooltip: pressed nevertheless, it says why nothing happens. */
function pressing(refusal: string | undefined, onPress: AriaButtonProps['onPress']) {
  if (refusal) return { 'aria-disabled': true, type: 'button' as const, onPress: () => toast(refusal) };
  return onPress ? { onPress } : {};
}

function Tipped({ tip, children }: { tip: string; children: ReactNode }) {
  return (
    <TooltipTrigger delay={500}>
      {children}
      <Tooltip className="tooltip" offset={6}>
        {tip}
      </Tooltip>
    </TooltipTrigger>
  );
}
