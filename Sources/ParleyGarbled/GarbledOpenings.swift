package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork

/// Openings by colours: those of the label of 0 and of the active label add up to the bit. A computing recipient gets the other's colour; one outside gets both, with
/// a stream of the key of the two added to each, so that they are fresh but for their sum.
extension GarbledEngine {
  package func startOpening(
    _ value: Opened<NoWords, GarbledPlane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try token.checkCovers(step)
    guard case .planes(let planes, let count) = value else { throw noWords }
    let (own, layout) = try colours(planes, count: count, step)
    if recipients.contains(peer) { try mesh.sendPlanes(own.pointer, layout, to: peer, step: step) }
    let outside = recipients.filter { $0.rawValue >= 2 }
    guard !outside.isEmpty else { return }
    let stream = try openKeys.stream(step)
    stream.key.apply(.xor, stream: stream.stream, to: own.pointer, count: layout.words)
    layout.maskTails(own.pointer, 0..<layout.words)
    for recipient in outside { try mesh.sendPlanes(own.pointer, layout, to: recipient, step: step) }
    withExtendedLifetime(own) {}
  }

  package func finishOpening(
    _ value: Opened<NoWords, GarbledPlane>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    guard case .planes(let planes, let count) = value else { throw noWords }
    let (own, layout) = try colours(planes, count: count, step)
    let theirs = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    try mesh.receivePlanes(into: theirs.pointer, layout, from: peer, step: step)
    Kernels.xor(own.pointer, theirs.pointer, into: own.pointer, words: layout.words)
    return .planes(GarbledReceiver.planes(own, layout), count: count)
  }

  private func colours(
    _ planes: [GarbledPlane], count: Int, _ step: StepID
  ) throws(ParleyError) -> (Storage<UInt64>, PlaneLayout) {
    guard planes.allSatisfy({ $0.count == count }) else {
      throw ParleyError(.invariant, "value and length of an opening differ", at: .init(item: step.description))
    }
    let layout = PlaneLayout(planes: planes.count, count: count)
    let own = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    for (index, plane) in planes.enumerated() {
      LabelBits.colours(plane.pointer, count: count, into: own.pointer + index * layout.wordsPerPlane)
    }
    withExtendedLifetime(planes) {}
    return (own, layout)
  }
}

/// A recipient that does not compute: adds up one colour from each party.
package final class GarbledReceiver: OutputReceiver {
  private let mesh: any MessageLinks
  private let pool = BufferPool()
  /// A receiver for this party's mesh.
  package init(mesh: any MessageLinks) { self.mesh = mesh }

  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    throw ParleyError(.invariant, "ring words are opened by garbling, which has none")
  }
  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    let layout = PlaneLayout(planes: planes, count: count)
    let parts = [0, 1].map { _ in Storage<UInt64>(uninitialized: layout.words, pool: pool) }
    for (party, part) in parts.enumerated() {
      try mesh.receivePlanes(into: part.pointer, layout, from: PartyIndex(party), step: step)
    }
    return withExtendedLifetime(parts) {
      Kernels.xor(parts[0].pointer, parts[1].pointer, into: parts[0].pointer, words: layout.words)
      return Self.planes(parts[0], layout)
    }
  }

  static func planes(_ storage: Storage<UInt64>, _ layout: PlaneLayout) -> [[UInt64]] {
    (0..<layout.planes).map {
      Array(
        UnsafeBufferPointer(start: storage.pointer + $0 * layout.wordsPerPlane, count: layout.wordsPerPlane))
    }
  }
}
