/** Version of this library, as saved models record it. */
export const VERSION = '0.1.0';
