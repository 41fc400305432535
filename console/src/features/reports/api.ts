import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { ReportKind, ReportList, ReportPage, ReportSent, ReportStopped } from '../../api/schema';

export function reportsQuery(customer: string) {
  return queryOptions({
    queryKey: ['reports', customer],
    queryFn: ({ signal }): Promise<ReportList> =>
      take(api.GET('/api/v1/customers/{id}/reports', { params: { path: { id: customer } }, signal })),
  });
}

/** A report as it would be sent now. */
export function reportQuery(customer: string, kind: ReportKind) {
  return queryOptions({
    queryKey: ['preview', 'report', customer, kind],
    queryFn: ({ signal }): Promise<ReportPage> =>
      take(api.GET('/api/v1/customers/{id}/reports/{kind}', { params: { path: { id: customer, kind } }, signal })),
    gcTime: 0,
  });
}

/** Where a browser finds its page. */
export function pageOf(customer: string, kind: ReportKind): string {
  return `/api/v1/customers/${customer}/reports/${kind}/page`;
}

export function sendReport(customer: string, kind: ReportKind, to: string[], key: string): Promise<ReportSent> {
  const params = { path: { id: customer, kind } };
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/reports/{kind}/send', { params, headers, body: { to } }));
}

export function resumeReport(customer: string, kind: ReportKind, address: string): Promise<ReportList> {
  const params = { path: { id: customer, kind } };
  return take(api.POST('/api/v1/customers/{id}/reports/{kind}/resume', { params, body: { address } }));
}

export function stopReport(token: string): Promise<ReportStopped> {
  return take(api.POST('/api/v1/reports/stop', { params: { query: { token } } }));
}
