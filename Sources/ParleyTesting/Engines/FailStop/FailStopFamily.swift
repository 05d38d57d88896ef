package import ParleyBase
internal import ParleyClear
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Several parties of which some may vanish, without any security (``InsecureFailStopEngine``).
package struct FailStopFamily: EngineFamily {
  /// Parties and how many of them may vanish.
  package var parties: Int
  package var tolerated: Int
  /// So many parties; less than half of them may vanish.
  package init(parties: Int = 5, tolerated: Int = 2) {
    (self.parties, self.tolerated) = (parties, tolerated)
  }

  package var wordBits: Int { 64 }
  package var descriptor: EngineDescriptor {
    InsecureFailStopEngine.descriptor(parties: parties, tolerated: tolerated)
  }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> InsecureFailStopEngine {
    InsecureFailStopEngine(mesh: mesh, parties: parties, tolerated: tolerated, seed: seed)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    FailStopDealer(mesh: mesh, parties: parties)
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver {
    FailStopReceiver(mesh: mesh, parties: parties)
  }
}

/// Hands its values to every computing party as they are.
package final class FailStopDealer: InputDealer {
  private let mesh: any MessageLinks
  private let parties: Int
  init(mesh: any MessageLinks, parties: Int) { (self.mesh, self.parties) = (mesh, parties) }

  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    for party in 0..<parties { try mesh.send(step: step, to: PartyIndex(party), words: values) }
  }
  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    for party in 0..<parties { try mesh.send(step: step, to: PartyIndex(party), planes: planes, count: count) }
  }
}

/// Takes what any of the computing parties sends, which is the same; parties that have left send nothing more.
package final class FailStopReceiver: OutputReceiver {
  private let mesh: any MessageLinks
  private var there: [PartyIndex]
  init(mesh: any MessageLinks, parties: Int) {
    self.mesh = mesh
    there = (0..<parties).map { PartyIndex($0) }
  }

  private func first<R>(_ step: StepID, _ receive: (PartyIndex) throws(ParleyError) -> R) throws(ParleyError) -> R
  {
    var value: R?
    for party in there {
      do throws(ParleyError) {
        let next = try receive(party)
        value = value ?? next
      } catch {
        guard error.isOfRoster else { throw error }
        there.removeAll { $0 == party }
      }
    }
    guard let value else {
      throw ParleyError(
        .linkLost, "no computing party is left that could send \(step)", origin: .init(oneOf: [], step))
    }
    return value
  }
  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    try first(step) { (party) throws(ParleyError) in try mesh.receiveWords(step: step, from: party, count: count) }
  }
  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    try first(step) { (party) throws(ParleyError) in
      try mesh.receivePlanes(step: step, from: party, planes: planes, count: count)
    }
  }
}
