package import ParleyBase
package import ParleyNetwork

/// Which computing parties are there, and in which epoch: the one place in a session that knows (docs/protocols/roster.md#sessions).
///
/// The handshake needs everybody. From then on the mesh reports who has vanished to whoever waits for that party. Where the
/// engine needs everybody (``tolerated`` is 0) that ends the session, and the roster stays as it is. Otherwise computing parties
/// agree on the next one (``agreement``); others do without whom they do not hear any more, and are told at the end
/// who is there. What ends the session for too few is one error, whose origin names those that are gone.
package final class SessionRoster {
  /// The parameter of a session by which all agree how many may vanish; not there where nobody may.
  package static var parameter: String { "computing parties that may vanish" }

  /// How many computing parties may vanish.
  package let tolerated: Int
  /// At a computing party of a session that goes on without some: how it agrees with the others.
  package let agreement: RosterAgreement?
  private let links: any MessageLinks
  /// What a principal that does not compute knows: by its own links, and in the end by what it is told.
  private var seen: Roster
  /// Too few computing parties are left for a principal that does not compute. They find that by themselves, if it is so for them.
  package private(set) var isLost = false
  private let didChange: (Roster) -> Void

  /// The roster after the handshake: everybody is there.
  ///
  /// - Parameters:
  ///   - parties: that compute, from index 0.
  ///   - links: of a mesh that has been told to tolerate departures, where they are.
  ///   - didChange: called with every roster that is taken over.
  package init(
    parties: Int, tolerating tolerated: Int, links: any MessageLinks,
    didChange: @escaping (Roster) -> Void = { _ in }
  ) throws(ParleyError) {
    guard tolerated >= 0, tolerated == 0 || 2 * tolerated < parties else {
      throw ParleyError(.invariant, "\(parties) computing parties cannot go on without \(tolerated)")
    }
    self.tolerated = tolerated
    self.links = links
    self.didChange = didChange
    seen = Roster(parties: parties)
    let agrees = tolerated > 0 && links.local.rawValue < parties
    agreement = agrees ? RosterAgreement(links: links, parties: parties, tolerated: tolerated) : nil
    agreement?.didChange = didChange
  }

  /// As this principal knows it.
  package var current: Roster { agreement?.roster ?? seen }
  /// Computing parties that are there, ascending.
  package var active: [PartyIndex] { current.active }

  // MARK: Who computes

  /// Returns when everybody who is there has all that it needs of the others.
  ///
  /// - Parameter exchange: what these tell each other before; once more after every change of the roster.
  func conclude(_ exchange: ([PartyIndex]) throws(ParleyError) -> Void) throws(ParleyError) {
    guard let agreement else { return try exchange(active) }
    try agreement.conclude { () throws(ParleyError) in try exchange(active) }
  }

  /// Tells those who do not compute and stay who is there, before anything is opened.
  func tellOthers(staying: [PartyIndex]) throws(ParleyError) {
    guard let agreement else { return }
    let bytes = agreement.roster.encoded
    for party in staying where party.rawValue >= seen.parties {
      try links.send(step: ControlStep.roster, to: party, bytes: bytes)
    }
  }

  // MARK: Who does not

  /// Asks every computing party that is there, and does without those that leave meanwhile.
  ///
  /// - Returns: their answers, in the order of the parties.
  /// - Throws: `network/link-lost` where more than ``tolerated`` have left.
  package func ask<Answer>(
    _ question: (PartyIndex) throws(ParleyError) -> Answer
  ) throws(ParleyError) -> [Answer] {
    var answers: [Answer] = []
    for party in active {
      do throws(ParleyError) { answers.append(try question(party)) } catch {
        try miss(party, error)
        guard seen.epoch <= tolerated else { throw lost() }
      }
    }
    return answers
  }

  /// Hears from the computing parties who is there at the end, and nothing more from anybody else.
  ///
  /// A party may end with a roster and be lost to the others, which go on to a later one. Rosters of a run are one chain
  /// (``RosterAgreement``), and the last one holds.
  func hearOfOthers() throws(ParleyError) {
    guard tolerated > 0, agreement == nil else { return }
    let step = ControlStep.roster
    var last: Roster?
    for party in active where last?.contains(party) ?? true {
      do throws(ParleyError) {
        let bytes = try links.receiveControl(step: step, from: party, atMost: Roster.limit(parties: seen.parties))
        let told = try Roster(bytes, parties: seen.parties, from: party, step)
        guard told.epoch <= tolerated, told.contains(party) else {
          throw ParleyError(
            .protocolViolation, "malformed message: a roster without its sender, or with too few",
            origin: .init(party, step))
        }
        guard let known = last else {
          last = told
          continue
        }
        guard told.follows(known) || known.follows(told) else {
          throw ParleyError(
            .cheating, "the computing parties do not say the same about who is there", origin: .init(party, step),
            remedy: "compare the logs of the computing parties: at least one of them is wrong")
        }
        if told.follows(known) { last = told }
      } catch { try miss(party, error) }
    }
    guard let last else { throw lost() }
    for party in last.departures.keys { links.dismiss(party) }
    if last != Roster(parties: last.parties) { didChange(last) }
    seen = last
  }

  private func lost() -> ParleyError {
    isLost = true
    return seen.tooFew(tolerated: tolerated)
  }

  private func miss(_ party: PartyIndex, _ error: ParleyError) throws(ParleyError) {
    guard tolerated > 0, let departure = error.departure else { throw error }
    seen.note(party, departure)
  }
}
