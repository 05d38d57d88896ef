internal import ParleyBase
internal import ParleyNetwork

/// What becomes of one side of an extension: set up, in use, or at an end for ever. Every phase takes it out of use and puts it back when it has
/// gone well, so that whatever is thrown in between leaves an object that refuses everything: what influenced a message is never used again.
struct TransferState {
  enum Phase { case fresh, opened, ready, broken }
  private(set) var phase = Phase.fresh
  /// Batches so far; each has streams of its own.
  private(set) var batches: UInt64 = 0

  /// Takes it out of use.
  ///
  /// - Throws: `internal/invariant` in another phase, and after whatever went wrong.
  mutating func begin(_ expected: Phase) throws(ParleyError) {
    let now = phase
    phase = .broken
    guard now == expected else {
      throw ParleyError(
        .invariant, "an oblivious transfer is used out of order, or after it has failed")
    }
  }
  mutating func end(_ next: Phase) { phase = next }
  mutating func nextBatch() -> UInt64 {
    batches += 1
    return batches
  }
  mutating func breakDown() { phase = .broken }
}

extension MessageLinks {
  /// A message of public length.
  func receiveBytes(_ count: Int, step: StepID, from party: PartyIndex) throws(ParleyError) -> [UInt8] {
    let target = Storage<UInt8>(uninitialized: count)
    try receive(step: step, from: party, into: target.bytes)
    return target.array
  }
  func sendWords(_ words: [UInt64], step: StepID, to party: PartyIndex) throws(ParleyError) {
    try send(step: step, to: party, byteCount: 8 * words.count) { target in
      words.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }
  func receiveWords(_ count: Int, step: StepID, from party: PartyIndex) throws(ParleyError) -> [UInt64] {
    let target = Storage<UInt64>(uninitialized: count)
    try receive(step: step, from: party, into: target.bytes)
    return target.array
  }
}
