/** How full networks are, in classes: one number for each network would be as many as there are networks. */
export const fillClasses = ['below_50', 'from_50', 'from_80', 'from_95', 'full'] as const;
export type FillClass = (typeof fillClasses)[number];

export interface Usage {
  /** Networks of more than two hosts, by the share of their addresses that is held (in percent). */
  readonly networks: Readonly<Record<FillClass, number>>;
  readonly addresses: number;
  readonly leases: number;
  readonly peers: number;
}

/** Asks for the usage of all networks, of every realm. */
export type ReadUsage = () => Promise<Usage>;
