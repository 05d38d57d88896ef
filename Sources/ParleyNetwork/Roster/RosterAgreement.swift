package import ParleyBase

/// One party's part in agreeing on who is still there, for engines that go on without parties that vanish.
///
/// **Rule.** A roster is adopted by a party once it has heard from every party of that roster, itself included, that this one
/// knows of exactly these departures. What a party knows only grows: from its own links, and from what others say. Whoever is
/// named has left, whether or not it runs; nobody listens to it any more. A roster has n − f parties at least, f being the number
/// that may vanish, and 2 (n − f) > n, so any two have a party in common. That one has told both sets of departures one after the
/// other, so one contains the other: all rosters of a run, at whichever parties, are one chain.
///
/// **Epochs.** Messages of a link arrive in order. What a party sends before it tells of a change belongs to the epoch before
/// and is skipped at the change; what it sends afterwards belongs to the epoch after. So a message of an old epoch is never taken
/// for one of the new, whatever its step, also where a step is repeated, and no message needs a number for it.
///
/// **Who waits.** Whoever waits for a message of a party that has changed its roster finds that party's notice in its place. So
/// everybody comes to the change, by a lost link of its own or by the notice of one that it waits for.
///
/// Parties that vanish, fall silent, or come back late are covered. A party that says what is not true is not.
package final class RosterAgreement {
  /// How a change ended.
  package enum Settlement: Sendable {
    /// The roster has changed. By party that is there, how much of the computation it has done.
    case adopted(positions: [PartyIndex: UInt64])
    /// A party had ended already, with everybody's word that nobody needs it any more; so has this one.
    case ended
  }

  private let links: any MessageLinks
  /// How many may vanish.
  package let tolerated: Int
  /// What all that are there have agreed on.
  package private(set) var roster: Roster
  /// With what this party has noticed or heard since, and how much of that it has told.
  private var known: Roster
  private var told: Roster
  /// The last word of every party: of a change, and of having everything.
  private var changes: [PartyIndex: RosterNotice] = [:]
  private var done: [PartyIndex: Roster] = [:]
  /// With which the run has ended, here or at another party, and who has said so.
  private var last: Roster?
  private var ended: Set<PartyIndex> = []
  /// Whose computation this is about.
  package weak var member: (any RosterMember)?
  /// Called with every roster that is adopted.
  package var didChange: ((Roster) -> Void)?

  /// - Parameters:
  ///   - parties: that compute, from index 0.
  ///   - tolerated: how many of them may vanish; less than half.
  package init(links: any MessageLinks, parties: Int, tolerated: Int) {
    precondition(tolerated >= 0 && 2 * tolerated < parties, "a roster has more than half of the parties")
    self.links = links
    self.tolerated = tolerated
    roster = Roster(parties: parties)
    known = roster
    told = roster
  }

  /// Agrees on the next roster, when a message could not be received because somebody has left (``ParleyError/isOfRoster``).
  ///
  /// - Parameters:
  ///   - error: what was thrown instead of the message; any other error is thrown on.
  ///   - position: how much of the computation this party has done; it grows, and means the same at everybody.
  /// - Throws: `network/link-lost` where more than ``tolerated`` are gone, `network/left-behind` where the others go on without
  ///   this party.
  package func settle(after error: ParleyError, position: UInt64) throws(ParleyError) -> Settlement {
    guard error.isOfRoster, let party = error.origin?.suspects.first, roster.contains(party) else { throw error }
    if let departure = error.departure { known.note(party, departure) } else { try hear(party) }
    guard last != nil || known != roster else {
      throw ParleyError(
        .protocolViolation, "malformed message: a notice of no departure", origin: .init(party, .roster))
    }
    return try settle(position)
  }

  /// Settles it with the position of the ``member``, which then hands on what others lack.
  ///
  /// - Throws: as ``settle(after:position:)``, and `internal/invariant` where another party has ended before this one had everything.
  package func resume(after error: ParleyError) throws(ParleyError) {
    guard case .adopted(let positions) = try settle(after: error, position: position) else {
      throw ParleyError(.invariant, "a party has ended before others had everything")
    }
    try member?.rosterChanged(positions)
  }

  /// Returns when everybody who is there has all that it needs of the others: once this party has. From then on the roster stays
  /// as it is: whoever vanishes now is missed by what needs it.
  ///
  /// - Parameter exchange: what all that are there tell each other before they end. Called again after every change of the
  ///   roster: what was sent before a change is skipped by whoever learns of it.
  package func conclude(_ exchange: () throws(ParleyError) -> Void = {}) throws(ParleyError) {
    while last == nil, case .adopted(let positions) = try attempt(exchange) {
      try member?.rosterChanged(positions)
    }
    guard let last else { return }
    if roster != last {
      roster = last
      didChange?(last)
    }
    try tell(RosterNotice(.last, last, position: position), to: last.active)
    try hearLast(of: last.active)
  }

  /// One attempt to end under the present roster.
  private func attempt(_ exchange: () throws(ParleyError) -> Void) throws(ParleyError) -> Settlement {
    do throws(ParleyError) {
      try exchange()
      try tell(RosterNotice(.done, roster, position: position), to: roster.active)
      if try areDone() {
        last = last ?? roster
        return .ended
      }
    } catch { return try settle(after: error, position: position) }
    return try settle(position)
  }

  private var position: UInt64 { member?.rosterPosition ?? 0 }

  // MARK: What is said

  private func tell(_ notice: RosterNotice, to parties: [PartyIndex]) throws(ParleyError) {
    for party in parties where party != links.local {
      try links.send(step: .roster, to: party, bytes: notice.encoded)
    }
    try links.flush()
  }

  /// Tells everybody what is new, those that are named too: they may still hear it.
  private func announce(_ position: UInt64) throws(ParleyError) {
    guard known != told else { return }
    let earlier = Set(told.departures.keys)
    told = known
    let everybody = (0..<known.parties).map { PartyIndex($0) }
    try tell(RosterNotice(.change, known, position: position), to: everybody.filter { !earlier.contains($0) })
    for party in known.departures.keys where !earlier.contains(party) { links.dismiss(party) }
  }

  /// The next notice on a link, or that there is none.
  ///
  /// - Parameter isNext: nothing else can come before it. Otherwise what comes before it is of an epoch that is over.
  private func hear(_ party: PartyIndex, isNext: Bool = false) throws(ParleyError) {
    let bytes: [UInt8]
    let limit = RosterNotice.limit(parties: known.parties)
    do throws(ParleyError) {
      bytes =
        isNext
        ? try links.receiveControl(step: .roster, from: party, atMost: limit)
        : try links.receiveNotice(from: party, atMost: limit)
    } catch {
      guard let departure = error.departure else { throw error }
      return known.note(party, departure)
    }
    let notice = try RosterNotice(bytes, parties: known.parties, from: party)
    switch notice.kind {
    case .change:
      changes[party] = notice
      known.merge(notice.roster)
    case .done: done[party] = notice.roster
    case .last:
      ended.insert(party)
      last = notice.roster
      known = notice.roster
    }
    guard known.contains(links.local) else {
      throw ParleyError(
        .leftBehind, "the other parties have lost this one and go on without it", origin: .init(party, end: .left),
        remedy: "find out why they could not reach this party; what they compute does not need it")
    }
  }

  // MARK: Rounds of it

  private func settle(_ position: UInt64) throws(ParleyError) -> Settlement {
    repeat {
      if last != nil { return .ended }
      try announce(position)
      try checkCompany()
    } while try !isCommon()
    roster = known
    didChange?(roster)
    var positions = changes.filter { roster.contains($0.key) }.mapValues(\.position)
    positions[links.local] = position
    return .adopted(positions: positions)
  }

  /// Hears from everybody until all know the same, or this party knows more than before.
  private func isCommon() throws(ParleyError) -> Bool {
    let before = known
    for peer in known.active where peer != links.local {
      while changes[peer]?.roster != known {
        try hear(peer)
        if known != before || last != nil { return false }
      }
    }
    return true
  }

  /// False where somebody has left instead.
  private func areDone() throws(ParleyError) -> Bool {
    for peer in roster.active where peer != links.local {
      while done[peer] != roster, last == nil {
        try hear(peer, isNext: true)
        if last == nil, known != roster { return false }
      }
    }
    return true
  }

  /// Takes everybody's last word off the links, because other messages follow it. Whoever is gone since then is not missed here.
  private func hearLast(of parties: [PartyIndex]) throws(ParleyError) {
    let limit = RosterNotice.limit(parties: known.parties)
    for party in parties where party != links.local {
      while !ended.contains(party) {
        do throws(ParleyError) {
          let bytes = try links.receiveNotice(from: party, atMost: limit)
          if try RosterNotice(bytes, parties: known.parties, from: party).kind == .last { ended.insert(party) }
        } catch {
          guard error.isOfRoster else { throw error }
          ended.insert(party)
        }
      }
    }
  }

  private func checkCompany() throws(ParleyError) {
    guard known.epoch > tolerated else { return }
    throw known.tooFew(tolerated: tolerated)
  }
}

/// The computation that a roster is about, at one party: its engine.
package protocol RosterMember: AnyObject {
  /// How much of the computation this party has done; it grows, and means the same at everybody.
  var rosterPosition: UInt64 { get }
  /// The roster has changed. By party that is there, how much it has done: results that some lack are handed on by somebody who
  /// has them, and what nobody has finished is done again.
  func rosterChanged(_ positions: [PartyIndex: UInt64]) throws(ParleyError)
}

extension Roster {
  /// What ends a session that has lost more parties than it goes on without: the origin names them.
  package func tooFew(tolerated: Int) -> ParleyError {
    let gone = departed
    return ParleyError(
      .linkLost,
      "\(counted(gone.count, "party", "parties")) gone, and the protocol goes on without \(tolerated) at most",
      origin: .init(oneOf: gone.map(\.party), gone.first?.departure.step, end: .outage),
      remedy: "find out what became of them, then start the session again")
  }
}
