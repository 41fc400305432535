import { useRouter } from '@tanstack/react-router';

/** Said where a dialog with an address of its own is opened from the page that it lies over. */
export const OVER = { over: true };

/** Closes such a dialog by going back, so that one step further leaves the page; `otherwise`: it was opened by its address. */
export function useBack(): (otherwise: () => void) => void {
  const { history } = useRouter();
  return (otherwise) => {
    if (history.location.state.over) history.back({ ignoreBlocker: true });
    else otherwise();
  };
}
