package import ParleyBase

/// Who still takes part in a computation, of the parties that began it: a value that is equal at all who take part.
///
/// It only shrinks. A party comes in here by what all of the remaining have said to each other (``RosterAgreement``), never by
/// what one of them has noticed alone. Of two rosters of one run the one with fewer departures is the earlier one, and the
/// later one has all of them.
package struct Roster: Sendable, Hashable {
  /// Why a party takes part no longer.
  package enum Reason: UInt8, Sendable, Hashable, Comparable {
    /// Nothing came from it any more, and nothing reached it.
    case vanished = 0
    /// It said that it leaves: its operator stopped it, or it has lost too many others.
    case left = 1
    package static func < (a: Reason, b: Reason) -> Bool { a.rawValue < b.rawValue }
  }

  /// How a party has left: the earliest step at which one of the others missed it, and what that one knew.
  package struct Departure: Sendable, Hashable, Comparable {
    package var step: StepID
    package var reason: Reason
    /// A departure at this step.
    package init(step: StepID, reason: Reason) { (self.step, self.reason) = (step, reason) }
    package static func < (a: Departure, b: Departure) -> Bool { (a.step, a.reason) < (b.step, b.reason) }
  }

  /// The number of parties that began.
  package let parties: Int
  /// By party. Of two accounts of one departure the smaller one holds.
  package private(set) var departures: [PartyIndex: Departure] = [:]

  /// Everybody is there.
  package init(parties: Int) { self.parties = parties }

  /// The number of departures: every one begins a new epoch, and a message belongs to the epoch in which it was sent.
  package var epoch: Int { departures.count }
  /// Those that are there, ascending.
  package var active: [PartyIndex] { (0..<parties).map { PartyIndex($0) }.filter { departures[$0] == nil } }
  /// Those that have left, in the order of the steps at which they were missed.
  package var departed: [(party: PartyIndex, departure: Departure)] {
    departures.map { (party: $0.key, departure: $0.value) }.sorted {
      ($0.departure, $0.party.rawValue) < ($1.departure, $1.party.rawValue)
    }
  }
  /// Whether it is there.
  package func contains(_ party: PartyIndex) -> Bool {
    (0..<parties).contains(party.rawValue) && departures[party] == nil
  }

  /// Whether it has everybody's departures that the other one has, perhaps earlier ones, and perhaps more.
  package func follows(_ other: Roster) -> Bool {
    parties == other.parties && other.departures.keys.allSatisfy { departures[$0] != nil }
  }

  /// The party is gone, as one of the others says.
  package mutating func note(_ party: PartyIndex, _ departure: Departure) {
    departures[party] = min(departures[party] ?? departure, departure)
  }
  /// Everything that both know.
  mutating func merge(_ other: Roster) {
    for (party, departure) in other.departures { note(party, departure) }
  }
}

/// What remaining parties tell each other about their roster: one control message, at ``StepID/roster``.
struct RosterNotice {
  enum Kind: UInt8 {
    /// The sender knows of these departures, and has begun no message of the epoch after them.
    case change = 0
    /// The sender has everything that it needs of the others, under this roster.
    case done = 1
    /// All have said so. The sender ends, with this roster.
    case last = 2
  }

  var kind: Kind
  var roster: Roster
  /// How much of the computation the sender has done.
  var position: UInt64

  static func limit(parties: Int) -> Int { 1 + 8 + Roster.limit(parties: parties) }

  var encoded: [UInt8] {
    var out = CanonicalWriter()
    out.write(kind.rawValue)
    out.write(position)
    roster.write(to: &out)
    return out.bytes
  }

  init(_ kind: Kind, _ roster: Roster, position: UInt64) {
    (self.kind, self.roster, self.position) = (kind, roster, position)
  }

  init(_ bytes: [UInt8], parties: Int, from party: PartyIndex) throws(ParleyError) {
    var reader = CanonicalReader(bytes)
    do throws(ParleyError) {
      guard let kind = Kind(rawValue: try reader.read()) else { throw Roster.malformed(from: party, .roster) }
      self.kind = kind
      position = try reader.read()
      roster = try Roster(reading: &reader, parties: parties)
      try reader.finish()
    } catch { throw Roster.malformed(from: party, .roster) }
  }
}

extension Roster {
  static func malformed(from party: PartyIndex, _ step: StepID) -> ParleyError {
    ParleyError(.protocolViolation, "malformed message: a roster of another form", origin: .init(party, step))
  }

  func write(to out: inout CanonicalWriter) {
    out.write(list: departures.sorted { $0.key < $1.key }) { out, entry in
      out.write(UInt16(entry.key.rawValue))
      out.write(entry.value.step.rawValue)
      out.write(entry.value.reason.rawValue)
    }
  }

  init(reading reader: inout CanonicalReader, parties: Int) throws(ParleyError) {
    self.init(parties: parties)
    var last = -1
    for _ in 0..<(try reader.readCount(atMost: parties)) {
      let index = Int(try reader.read(UInt16.self))
      let step = StepID(rawValue: try reader.read())
      guard index > last, index < parties, let reason = Reason(rawValue: try reader.read()) else {
        throw ParleyError(.protocolViolation, "malformed message: a departure of another form")
      }
      last = index
      note(PartyIndex(index), .init(step: step, reason: reason))
    }
  }

  /// All departures, for those that do not compute.
  package var encoded: [UInt8] {
    var out = CanonicalWriter()
    write(to: &out)
    return out.bytes
  }
  /// Most bytes of that.
  package static func limit(parties: Int) -> Int { 8 + parties * 11 }

  /// Reads what ``encoded`` wrote.
  ///
  /// - Throws: `aborted/protocol-violation`.
  package init(_ bytes: [UInt8], parties: Int, from party: PartyIndex, _ step: StepID) throws(ParleyError) {
    var reader = CanonicalReader(bytes)
    do throws(ParleyError) {
      try self.init(reading: &reader, parties: parties)
      try reader.finish()
    } catch { throw Self.malformed(from: party, step) }
  }
}

extension StepID {
  /// Messages about who takes part. Where a party's departure ends nothing, whoever waits for another message of a link on
  /// which one of these has come is told so.
  package static let roster = StepID.control(24)
}

extension ParleyError.Code {
  /// A party is gone, which ends nothing: the engine goes on without it.
  package static let vanished = Self("network/vanished")
  /// The other parties go on without this one.
  package static let leftBehind = Self("network/left-behind")
}

extension ParleyError {
  /// Thrown instead of a message that does not come because somebody has left, where the others go on: the origin is who has
  /// left, or who says that others have.
  package var isOfRoster: Bool { code == .vanished }

  /// Of a party that has left: how.
  package var departure: Roster.Departure? {
    guard isOfRoster, let end = origin?.end else { return nil }
    return Roster.Departure(step: origin?.step ?? .roster, reason: end == .left ? .left : .vanished)
  }

  /// Whether a party that ends its session with this only leaves, where others go on without it: it was stopped, or cannot reach
  /// the others. Everything else ends the session for all.
  package var isLeaving: Bool { [.interrupted, .linkLost, .timeout, .vanished, .leftBehind].contains(code) }
}

extension MeshErrors {
  /// Instead of a message of a party whose end is not the end of the session.
  package static func vanished(
    _ party: PartyIndex, at step: StepID, _ reason: Roster.Reason = .vanished, why: String? = nil
  ) -> ParleyError {
    ParleyError(
      .vanished, "a party has left before its message of \(step) came" + (why.map { " (\($0))" } ?? ""),
      origin: .init(party, step, end: reason == .left ? .left : .outage))
  }

  /// Instead of a message of a party that says that others have left.
  package static func noticed(from party: PartyIndex, _ step: StepID) -> ParleyError {
    ParleyError(
      .vanished, "news of parties that have left came in place of the message of \(step)",
      origin: .init(party, step))
  }
}
