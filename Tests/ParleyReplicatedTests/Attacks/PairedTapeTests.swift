import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// The same attack on the same keys and randomness with other inputs: where honest parties stop, and what they send
/// until then, must not show the inputs.
@Suite struct PairedTapeTests {
  typealias World = AttackWorld<VerifiedReplicatedFamily<UInt64>>
  typealias Attack = @Sendable (InterceptedMessage, World.View) -> Interception

  /// What an observer of honest parties' links sees, and where they stop.
  private struct Trace: Equatable {
    var shape: [Transcript.Link: [Transcript.Shape]]
    var stops: [String]
    /// Contents of what the inputs must not enter at all: `ready`, challenges, echoes.
    var constants: [Transcript.Link: [UInt64]]
  }

  private func trace(_ world: World, corrupt: PartyIndex, _ attack: @escaping Attack) -> Trace {
    let outcome = world.run(attack)
    let links = outcome.transcript.links.filter { $0.key.from != corrupt && $0.key.from != world.holder }
    return Trace(
      shape: outcome.transcript.shape.filter { links.keys.contains($0.key) },
      stops: outcome.principals.map { party in
        party.failure.map {
          "\($0.code) \($0.message) \($0.origin.map { "\($0)" } ?? "") \(party.isFinal)"
        }
          ?? "done"
      },
      constants: Dictionary(
        uniqueKeysWithValues: links.map { link, entries in
          let fixed = entries.filter {
            [.ready, .challenge, .echo, .inputComparison].contains(
              MessageClass.of(step: $0.step, from: link.from, to: link.to))
              && $0.step.instruction != 0xdf_0000
          }
          return (link, fixed.map(\.digest))
        }))
  }

  private static let shapes: [@Sendable (inout InsecureRandom) -> UInt64] = [
    { _ in 0 }, { _ in .max }, { $0.next() }, { _ in 1 << 63 },
  ]
  private static func worlds(_ seed: UInt64) -> [World] {
    shapes.map { value in
      var random = InsecureRandom(seed: seed, 0x7061_6972)
      let words = [6, 6, 1].map { count in (0..<count).map { _ in value(&random) } }
      let bits = (0..<2).map { _ in (0..<70).map { _ in value(&random) >> 63 == 1 } }
      return World(
        VerifiedReplicatedFamily(UInt64.self, proofsEvery: 4), .everything(words: words, bits: bits), seed: seed)
    }
  }

  /// Every message of products and every opening under a mask, with errors added.
  @Test(arguments: [0, 1, 2]) func additiveErrors(corrupt: Int) {
    let (corrupt, seed) = (PartyIndex(corrupt), 0x5eed_9001 as UInt64)
    let worlds = Self.worlds(seed)
    for step in [100, 101, 102, 103, 106, 108, 109, 110, 112, 113, 114] {
      for error in [1, 1 << 63] as [UInt64] {
        let attack: Attack = { message, _ in
          guard message.from == corrupt, message.step.instruction == step else { return .pass }
          var bytes = message.bytes
          // The top bit of a plane's bytes lies past its end.
          if message.step.instruction == 108, error != 1 {
            bytes[0] ^= 2
          } else {
            Mutation.add(error, at: 0, to: &bytes)
          }
          return .change(bytes)
        }
        let traces = worlds.map { trace($0, corrupt: corrupt, attack) }
        for other in traces.dropFirst() {
          #expect(other == traces[0], "step \(step), error \(error), \(corrupt), seed \(seed)")
        }
        #expect(traces[0].stops.contains { $0.contains("check-failed") }, "step \(step): \(traces[0].stops)")
      }
    }
  }

  /// Wrong proofs, wrong challenges, echoes and closing messages.
  @Test(arguments: [0, 1, 2], [MessageClass.proof, .challenge, .echo, .final, .ready, .verified])
  func wrongProofs(corrupt: Int, kind: MessageClass) {
    let (corrupt, seed) = (PartyIndex(corrupt), 0x5eed_9002 as UInt64)
    let worlds = Self.worlds(seed)
    let attack: Attack = { message, _ in
      if message.from == corrupt, MessageClass.of(message) == kind {
        var bytes = message.bytes
        bytes[0] ^= 1
        return .change(bytes)
      }
      // Answers to a wrong challenge are in another field; the corrupt party does not mind them.
      if kind == .challenge, message.to == corrupt, MessageClass.of(message) == .proof {
        return .change(Array(repeating: 0, count: message.bytes.count))
      }
      return .pass
    }
    let traces = worlds.map { trace($0, corrupt: corrupt, attack) }
    for other in traces.dropFirst() { #expect(other == traces[0], "\(kind), \(corrupt), seed \(seed)") }
  }

  /// The attack on delayed checks (Brüggemann, Schneider, eprint 2026/234): +1 on one message of c = a·b, then
  /// e = c·d and its square. In the protocols that it breaks, an honest party's next message is off by the error
  /// times a share of d, and a hash tells whether a guess of d is right. Here no hash of a value leaves an honest
  /// party before the proofs have failed, and the attacker's own messages decide nothing.
  @Test(arguments: [0, 1, 2]) func threeProducts(corrupt: Int) {
    let (corrupt, seed) = (PartyIndex(corrupt), 0x5eed_9003 as UInt64)
    let attack: Attack = { message, _ in
      guard message.from == corrupt, message.step.instruction == 100 else { return .pass }
      var bytes = message.bytes
      Mutation.add(1, at: 0, to: &bytes)
      return .change(bytes)
    }
    let traces = ([0, 1, 2, 1 << 63, .max] as [UInt64]).map { d in
      let world = World(
        VerifiedReplicatedFamily(UInt64.self, proofsEvery: 1), .threeProducts(a: 3, b: 5, d: d), seed: seed)
      return trace(world, corrupt: corrupt, attack)
    }
    for other in traces.dropFirst() { #expect(other == traces[0], "\(corrupt), seed \(seed)") }
    for (link, entries) in traces[0].shape {
      let classes = entries.map { MessageClass.of(step: $0.step, from: link.from, to: link.to) }
      let allowed: Set<MessageClass> = [.inputComparison, .exchange, .ready, .challenge, .proof, .echo, .final]
      #expect(Set(classes).isSubset(of: allowed), "\(link): \(classes)")
    }
    #expect(traces[0].stops[corrupt.advanced(by: 1, of: 3).rawValue].contains("does not hold"))
  }

  /// The same attack over many keys in the ring Z_2^8: whatever d is, what the attacker receives of e, less the part
  /// that it can compute for d, is uniform, so that no guess looks better than another.
  @Test(.long, arguments: [0, 1, 2]) func theNextMessageIsUniform(corrupt: Int) throws {
    let corrupt = PartyIndex(corrupt)
    let sender = corrupt.advanced(by: 1, of: 3)
    let runs = 1024
    var counts: [[Int]] = []
    for d in [0, 1, 77] as [UInt64] {
      var bins = [Int](repeating: 0, count: 16)
      for run in 0..<runs {
        let world = AttackWorld(
          ReplicatedFamily(UInt8.self), .threeProducts(a: 3, b: 5, d: d), seed: 0x5eed_9100 + UInt64(run))
        let outcome = world.run { message, _ in
          guard message.from == corrupt, message.step.instruction == 100 else { return .pass }
          return .change([message.bytes[0] &+ 1])
        }
        let link = outcome.transcript.links[.init(from: sender, to: corrupt), default: []]
        let product = try #require(link.first { $0.step.instruction == 101 }?.bytes?.first)
        bins[Int(product >> 4)] += 1
      }
      counts.append(bins)
    }
    for bins in counts {
      let mean = Double(runs) / 16
      let chi = bins.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean }
      // 15 degrees of freedom: 50 is exceeded with probability 10^-5; the seeds are fixed.
      #expect(chi < 50, "\(corrupt): \(bins)")
    }
  }
}
