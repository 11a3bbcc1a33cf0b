/** Classes of how full a network is: a metric for each network would have as many series as there are networks. */
export const fillClasses = ['below_50', 'from_50', 'from_80', 'from_95', 'full'] as const;
export type FillClass = (typeof fillClasses)[number];

export interface Usage {
  /** Networks of more than two hosts, by the percentage of their addresses that is held. */
  readonly networks: Readonly<Record<FillClass, number>>;
  readonly addresses: number;
  readonly leases: number;
  readonly peers: number;
}

/** Reads the usage of all networks, of every realm. */
export type ReadUsage = () => Promise<Usage>;
