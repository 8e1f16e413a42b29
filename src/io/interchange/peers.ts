import { FlowConfigError } from '../../errors.js';
import { nflows } from './nflows.js';
import type { Peer } from './peer.js';
import type { PeerName } from './weight-map.js';
import { normflows } from './normflows.js';
import { zuko } from './zuko.js';

const PEERS: readonly Peer[] = [nflows, zuko, normflows];

/** @throws FlowConfigError for a library that is not one of these. */
export function peerOf(name: PeerName, where: string): Peer {
  const peer = PEERS.find((known) => known.name === name);
  if (!peer) {
    throw new FlowConfigError(where, {
      expected: `a library: ${PEERS.map((known) => `'${known.name}'`).join(', ')}`,
      got: `'${String(name)}'`,
    });
  }
  return peer;
}
