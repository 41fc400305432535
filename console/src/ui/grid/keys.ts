/** What a key means in a grid. Pure, so that the keyboard is a table and not a thicket. */

export type GridKey = { key: string; shiftKey: boolean; ctrlKey: boolean; metaKey: boolean; altKey: boolean };

export type GridCommand =
  | { do: 'move'; to: number; extend: boolean }
  | { do: 'toggle'; extend: boolean }
  | { do: 'all' }
  | { do: 'clear' }
  | { do: 'open' };

const LETTERS = /^[jkx]$/iu;

/** `page` is the number of rows in view, `letters` whether single letters are wanted. `undefined`: not ours. */
export function commandOf(
  event: GridKey,
  active: number,
  total: number,
  page: number,
  letters = true,
): GridCommand | undefined {
  if (event.altKey || total === 0) return undefined;
  if (!letters && !event.ctrlKey && !event.metaKey && LETTERS.test(event.key)) return undefined;
  if (event.ctrlKey || event.metaKey) return event.key.toLowerCase() === 'a' ? { do: 'all' } : undefined;
  switch (event.key) {
    case 'ArrowDown':
    case 'j':
    case 'J':
      return move(active + 1, total, event.shiftKey);
    case 'ArrowUp':
    case 'k':
    case 'K':
      return move(active - 1, total, event.shiftKey);
    case 'PageDown':
      return move(active + Math.max(1, page - 1), total, event.shiftKey);
    case 'PageUp':
      return move(active - Math.max(1, page - 1), total, event.shiftKey);
    case 'Home':
      return move(0, total, false);
    case 'End':
      return move(total - 1, total, false);
    case 'x':
    case 'X':
    case ' ':
      return { do: 'toggle', extend: event.shiftKey };
    case 'Enter':
      return { do: 'open' };
    case 'Escape':
      return { do: 'clear' };
    default:
      return undefined;
  }
}

function move(to: number, total: number, extend: boolean): GridCommand {
  return { do: 'move', to: Math.max(0, Math.min(total - 1, to)), extend };
}
