import { queryOptions } from '@tanstack/react-query';
import { api, done, take } from '../../api/client';
import type { Mail, MailSettings, MailSettingsUpdate } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export function mailSettingsQuery() {
  return queryOptions({
    queryKey: ['mail', 'settings'],
    queryFn: ({ signal }): Promise<MailSettings> => take(api.GET('/api/v1/mail_settings', { signal })),
  });
}

export function setMailSettings(body: MailSettingsUpdate): Promise<MailSettings> {
  return take(api.PUT('/api/v1/mail_settings', { body }));
}

export function sendTestMail(to: string, key: string): Promise<Mail> {
  return take(api.POST('/api/v1/mail_settings/test', { headers: { 'Idempotency-Key': key }, body: { to } }));
}

/** So many of the last mails are shown. */
export const LAST = 20;

export function mailsQuery() {
  return queryOptions({
    queryKey: ['mail', 'last'],
    queryFn: async ({ signal }): Promise<Page<Mail>> =>
      take(api.GET('/api/v1/mails', { params: { query: { limit: LAST } }, signal })),
    // What waits is looked at again until it is over.
    refetchInterval: ({ state }) => (state.data?.items.some((mail) => mail.state === 'queued') ? 1500 : false),
  });
}

export function askForReset(login: string, key: string) {
  return done(api.POST('/api/v1/password_resets', { headers: { 'Idempotency-Key': key }, body: { login } }));
}
