/** What a token allows, each all that those before it do: to score and draw; to fit, upload and run jobs; to delete. */
export const ROLES = ['score', 'fit', 'admin'] as const;

/** What a token allows. */
export type Role = (typeof ROLES)[number];
