internal import ParleyBase
internal import Synchronization

/// What the links of one party share: whether its session has ended and how, and what it waits for.
final class PartyState: Sendable {
  enum End: Sendable {
    case failed(ParleyError)
    case closed
  }

  let party: PartyIndex
  let waiting = WaitingSlot()
  private let ending = Mutex<End?>(nil)
  /// Lets the fast path ask without taking the lock.
  private let ended = Atomic<Bool>(false)

  init(party: PartyIndex) { self.party = party }

  var end: End? { ended.load(ordering: .acquiring) ? ending.withLock { $0 } : nil }

  /// The first end counts. False when the party had ended before.
  func finish(_ end: End) -> Bool {
    ending.withLock { current in
      guard current == nil else { return false }
      current = end
      ended.store(true, ordering: .releasing)
      return true
    }
  }

  func check(step: StepID?) throws(ParleyError) {
    guard let end else { return }
    switch end {
    case .failed(let error): throw error
    case .closed: throw MeshErrors.closedHere(step: step)
    }
  }
}
