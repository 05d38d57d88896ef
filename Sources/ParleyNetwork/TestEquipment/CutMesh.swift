package import ParleyBase
internal import Synchronization

/// Test equipment: a party's mesh on which something happens at one of its calls.
package final class CutMesh: Mesh {
  /// What happens. It throws where the party is dead afterwards, and returns where it goes on.
  package typealias Cut = @Sendable () throws(ParleyError) -> Void

  private let inner: any Mesh
  private let place: Int
  private let cut: Cut
  private let calls = Mutex(0)

  /// - Parameter place: the number of the call, from 0: sends, flushes and receives.
  package init(_ inner: any Mesh, at place: Int = .max, cut: @escaping Cut = { () throws(ParleyError) in }) {
    (self.inner, self.place, self.cut) = (inner, place, cut)
  }

  /// So many so far.
  package var callCount: Int { calls.withLock { $0 } }

  private func pass() throws(ParleyError) {
    let number = calls.withLock { calls in
      calls += 1
      return calls - 1
    }
    if number == place { try cut() }
  }

  package var local: PartyIndex { inner.local }
  package var count: Int { inner.count }
  package var meter: Meter { inner.meter }
  package var waitingOn: Waiting? { inner.waitingOn }

  package func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    try pass()
    try inner.send(step: step, to: party, byteCount: byteCount, fill: fill)
  }
  package func flush() throws(ParleyError) {
    try pass()
    try inner.flush()
  }
  package func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)
  {
    try pass()
    try inner.receive(step: step, from: party, into: target)
  }
  package func receiveControl(
    step: StepID, from party: PartyIndex, atMost limit: Int
  ) throws(ParleyError) -> [UInt8] {
    try pass()
    return try inner.receiveControl(step: step, from: party, atMost: limit)
  }
  package func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    try pass()
    return try inner.receiveNotice(from: party, atMost: limit)
  }

  package func dismiss(_ party: PartyIndex) { inner.dismiss(party) }
  package func tolerateDepartures(of parties: Set<PartyIndex>) { inner.tolerateDepartures(of: parties) }
  package func expect(bytes: [Int], flight: Int) { inner.expect(bytes: bytes, flight: flight) }
  package func beginOpenings() { inner.beginOpenings() }
  package func forbidNewAttempt() { inner.forbidNewAttempt() }
  package func noteOpenings(_ known: OpeningKnowledge) { inner.noteOpenings(known) }
  package var openings: OpeningKnowledge? { inner.openings }
  package func abort(_ reason: ParleyError) { inner.abort(reason) }
  package func close() { inner.close() }
}
