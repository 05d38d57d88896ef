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
  /// Whose end is not this party's end, and without whom it has gone on.
  private let company = Mutex<(tolerated: Set<PartyIndex>, dismissed: Set<PartyIndex>)>(([], []))
  /// Lets the fast path ask without taking the lock.
  private let hasCompany = Atomic<Bool>(false)
  /// Lets the fast path ask without taking the lock.
  private let ended = Atomic<Bool>(false)

  init(party: PartyIndex) { self.party = party }

  var end: End? { ended.load(ordering: .acquiring) ? ending.withLock { $0 } : nil }

  func tolerate(_ parties: Set<PartyIndex>) {
    company.withLock { $0.tolerated = parties.subtracting([party]) }
    hasCompany.store(true, ordering: .releasing)
  }
  func dismiss(_ other: PartyIndex) {
    company.withLock { _ = $0.dismissed.insert(other) }
    hasCompany.store(true, ordering: .releasing)
  }
  func tolerates(_ other: PartyIndex) -> Bool {
    hasCompany.load(ordering: .acquiring) && company.withLock { $0.tolerated.contains(other) }
  }
  func hasDismissed(_ other: PartyIndex) -> Bool {
    hasCompany.load(ordering: .acquiring) && company.withLock { $0.dismissed.contains(other) }
  }

  /// What is thrown in place of a message of `step` from a party that has ended or is silent: `error`, where that ends the
  /// session.
  func missing(_ sender: PartyState, _ step: StepID, otherwise error: ParleyError) -> ParleyError {
    guard tolerates(sender.party) else { return error }
    guard case .failed(let reason) = sender.end, reason != Self.vanished else {
      return MeshErrors.vanished(sender.party, at: step)
    }
    return MeshErrors.vanished(sender.party, at: step, .left)
  }

  /// Test equipment: how a party ends that says nothing to anybody.
  static var vanished: ParleyError { ParleyError(.interrupted, "vanished") }

  /// Who hears of it that this party ends with `reason`: everybody, but those that go on when it only leaves.
  func hears(of end: ParleyError, at other: PartyState) -> Bool {
    other !== self && !(end.isLeaving && other.tolerates(party))
  }

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
