import { describe, expect, it } from 'vitest';
import { addable, assignedText, namesOf, setText } from './words';

const careful = { throttle: { value: { enabled: false }, locked: false }, append_only: { value: true, locked: true } };

describe('templates', () => {
  it('tell what they set in the order of its names', () => {
    expect(namesOf(careful)).toEqual(['append_only', 'throttle']);
    expect(setText('append_only', careful.append_only)).toBe('Append-only backups: On, locked');
  });

  it('take what lasts, each once', () => {
    const names = addable(careful);
    expect(names).toContain('two_factor');
    expect(names).not.toContain('append_only');
    expect(names).not.toContain('prune_window');
  });

  it('say who has them', () => {
    expect(assignedText({ assigned: 0, differing: 0 })).toBe('Nobody');
    expect(assignedText({ assigned: 1, differing: 1 })).toBe('1 customer, 1 differs');
    expect(assignedText({ assigned: 1200, differing: 3 })).toBe('1,200 customers, 3 differ');
    expect(assignedText({ assigned: 2, differing: 0 })).toBe('2 customers');
  });
});
