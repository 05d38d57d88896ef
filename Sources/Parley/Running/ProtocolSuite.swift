internal import ParleyAdditive
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
internal import ParleyReplicated

/// The protocols at hand: the one place where an adversary is turned into an engine, a dealer and a receiver.
package enum ProtocolSuite: String, Sendable, Hashable, CaseIterable {
  /// Replicated sharing, every party runs the agreed program.
  case semiHonest = "semi-honest"
  /// Replicated sharing with abort when a party deviates; products are proved.
  case malicious
  /// The same against the same; ring words carry macs, AND gates are proved.
  case maliciousMacs = "malicious-macs"
  /// Semi-honest, with the instructions of the other two: for benchmarks that compare them. No study asks for it.
  case semiHonestThreeSummands = "semi-honest-three-summands"

  /// Two parties on additive shares, semi-honest, with triples of their own making: for benchmarks. No study asks for it.
  case additive

  /// - Parameter verifier: of a malicious adversary; proofs where nothing else is asked for.
  package init(_ adversary: Adversary, verifier: VerifierDescriptor.Method? = nil) {
    switch adversary {
    case .semiHonest: self = .semiHonest
    case .malicious: self = verifier == .macs ? .maliciousMacs : .malicious
    }
  }

  /// What the planner knows of the engine.
  package var descriptor: EngineDescriptor {
    switch self {
    case .semiHonest: ReplicatedEngine<UInt64>.descriptor
    case .malicious: VerifiedReplicatedEngine<UInt64>.descriptor
    case .maliciousMacs: MacReplicatedEngine.descriptor
    case .semiHonestThreeSummands: ReplicatedEngine<UInt64>.descriptorOfFreeSummands
    case .additive: AdditiveEngine<UInt64>.descriptor(offline: TransferredTriples.traffic(perWord: 8))
    }
  }

  /// What parties compare when they meet.
  package var protocolID: String { "\(descriptor.name)/\(descriptor.adversary.rawValue)" }

  /// One computing party's side.
  package func engine(over mesh: any MessageLinks, keys: SessionKeys) throws(ParleyError) -> any Engine {
    switch self {
    case .semiHonest, .semiHonestThreeSummands:
      try ReplicatedEngine<UInt64>(mesh: mesh, keys: keys, descriptor: descriptor)
    case .malicious: try VerifiedReplicatedEngine<UInt64>(mesh: mesh, keys: keys)
    case .maliciousMacs: try MacReplicatedEngine(mesh: mesh, keys: keys)
    case .additive:
      try AdditiveEngine<UInt64>(
        mesh: mesh, keys: keys, own: Storage(copying: SecureRandom.bytes(64)),
        correlations: TransferredTriples(party: mesh.local, sessionID: keys.sessionID))
    }
  }

  /// A holder's side; the same dealing for all of replicated sharing: parties that withstand a malicious one compare their copies.
  package func dealer(over mesh: any MessageLinks) -> any InputDealer {
    self == .additive ? AdditiveDealer<UInt64>(mesh: mesh) : ReplicatedDealer<UInt64>(mesh: mesh)
  }

  /// The side of a recipient that does not compute.
  package func receiver(over mesh: any MessageLinks, sessionID: [UInt8]) -> any OutputReceiver {
    switch self {
    case .semiHonest, .semiHonestThreeSummands: ReplicatedReceiver<UInt64>(mesh: mesh)
    case .additive: AdditiveReceiver<UInt64>(mesh: mesh)
    case .malicious, .maliciousMacs: VerifiedReplicatedReceiver<UInt64>(mesh: mesh, sessionID: sessionID)
    }
  }
}
