import { useState } from 'react';

/** Copies a text; says whether the browser let it, once it was tried. */
export function useCopy(text: string): { copied: boolean | undefined; copy: () => void } {
  const [copied, setCopied] = useState<boolean>();
  const run = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without https, or with the permission refused, the browser keeps its clipboard to itself.
      setCopied(false);
    }
  };
  return { copied, copy: () => void run() };
}
