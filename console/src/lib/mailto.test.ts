import { expect, test } from 'vitest';
import { mailto } from './mailto';

test('an address stays what it is in a link', () => {
  expect(mailto('it@acme.example')).toBe('mailto:it@acme.example');
  expect(mailto('a+b&c?d%@example.com')).toBe('mailto:a%2Bb%26c%3Fd%25@example.com');
  for (const address of ['a+b&c?d%@example.com', '"a@b"#c@example.com', 'cc=x?bcc=y@bücher.example']) {
    const { pathname, search, hash } = new URL(mailto(address));
    expect([decodeURIComponent(pathname), search, hash]).toEqual([address, '', '']);
  }
});
