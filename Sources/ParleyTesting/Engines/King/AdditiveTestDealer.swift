package import ParleyBase
internal import ParleyClear
internal import ParleyEngine
package import ParleyNetwork

/// Deals shares that add up, modulo 2^64 or as bits.
package final class AdditiveTestDealer: InputDealer {
  private let mesh: any MessageLinks
  private let parties: Int
  private let seed: UInt64
  /// A dealer for so many parties.
  package init(mesh: any MessageLinks, parties: Int, seed: UInt64) {
    (self.mesh, self.parties, self.seed) = (mesh, parties, seed)
  }

  private func stream(_ step: StepID) -> InsecureRandom {
    InsecureRandom(seed: seed, 0x6465_616c, UInt64(mesh.local.rawValue), step.rawValue)
  }
  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    var random = stream(step)
    var rest = values
    for party in 1..<parties {
      let share = random.words(values.count)
      for index in rest.indices { rest[index] &-= share[index] }
      try mesh.send(step: step, to: PartyIndex(party), words: share)
    }
    try mesh.send(step: step, to: PartyIndex(0), words: rest)
  }
  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    var random = stream(step)
    var rest = planes
    for party in 1..<parties {
      let share = planes.map { _ in random.bits(count).packedPlane }
      for plane in rest.indices { for word in rest[plane].indices { rest[plane][word] ^= share[plane][word] } }
      try mesh.send(step: step, to: PartyIndex(party), planes: share, count: count)
    }
    try mesh.send(step: step, to: PartyIndex(0), planes: rest, count: count)
  }
}

/// Adds up the shares that all computing parties send.
package final class AdditiveTestReceiver: OutputReceiver {
  private let mesh: any MessageLinks
  private let parties: Int
  /// A receiver from so many parties.
  package init(mesh: any MessageLinks, parties: Int) { (self.mesh, self.parties) = (mesh, parties) }

  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    var total = [UInt64](repeating: 0, count: count)
    for party in 0..<parties {
      for (index, word) in try mesh.receiveWords(step: step, from: PartyIndex(party), count: count).enumerated() {
        total[index] &+= word
      }
    }
    return total
  }
  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    var total = Array(repeating: [UInt64](repeating: 0, count: (count + 63) / 64), count: planes)
    for party in 0..<parties {
      let shares = try mesh.receivePlanes(step: step, from: PartyIndex(party), planes: planes, count: count)
      for plane in total.indices { for word in total[plane].indices { total[plane][word] ^= shares[plane][word] } }
    }
    return total
  }
}
