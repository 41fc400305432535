/** The comma-separated site list of the *add customer* form. The server has the last word; this one is immediate. */

const SITE_NAME = /^\w{1,64}$/u;

export type SiteList = {
  names: string[];
  /** What is wrong, in words; `undefined` if nothing is. */
  problem: string | undefined;
};

export function parseSites(text: string): SiteList {
  const names = text
    .split(/[,\n;]/u)
    .map((name) => name.trim())
    .filter(Boolean);
  return { names, problem: siteProblem(names) };
}

/** Why one name cannot be a site's. */
export function siteNameProblem(name: string): string | undefined {
  if (SITE_NAME.test(name)) return undefined;
  if (name.length > 64) return `“${name.slice(0, 20)}…” is longer than 64 characters.`;
  return `“${name}” may have letters, digits and underscores only.`;
}

function siteProblem(names: string[]): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    const problem = siteNameProblem(name);
    if (problem) return problem;
    const folded = name.toLowerCase();
    if (seen.has(folded)) return `“${name}” is in the list twice.`;
    seen.add(folded);
  }
  return undefined;
}
