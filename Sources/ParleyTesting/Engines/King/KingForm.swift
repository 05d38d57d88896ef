package import ParleyProgram

/// What varies among protocols with kings, and their messages. Every one of n parties has a share of each value, and the shares
/// add up to it (words modulo 2^64) or are its XOR (bits). For a product all send their shares of the operands to a king, who
/// computes in the clear and answers with new shares: two flights.
package struct KingForm: Sendable, Hashable {
  /// Computing parties, 2 and more.
  package var parties: Int
  /// Parties 0 ..< kings answer, each for its part of what is computed.
  package var kings: Int
  /// Rows are put in order by three kings in turn.
  package var shuffles: Bool
  /// A form; fewer than two parties, or more kings than parties, trap.
  package init(parties: Int, kings: Int, shuffles: Bool) {
    precondition(parties >= 2 && (1...parties).contains(kings))
    self.parties = parties
    self.kings = kings
    self.shuffles = shuffles
  }

  /// Two roles and a size.
  package typealias Message = Traffic.Message

  /// Who answers with which part of so many results.
  func segments(of total: Int, kings: Int) -> [Range<Int>] {
    (0..<kings).map { Message.Segment($0, of: kings).range(of: total) }
  }

  /// Operands go to the kings, results come back.
  func answered(by kings: Int, _ operands: Message.Size, _ results: Message.Size) -> Traffic {
    let flights = (0..<kings).map { king in
      let segment = kings == 1 ? nil : Message.Segment(king, of: kings)
      let others = (0..<parties).filter { $0 != king }
      return (
        others.map { Message(from: $0, to: king, size: operands, segment: segment) },
        others.map { Message(from: king, to: $0, size: results, segment: segment) }
      )
    }
    return Traffic(flights: [flights.flatMap(\.0), flights.flatMap(\.1)])
  }
  /// Rows of these columns go to the king of each pass and come back.
  func passes(_ columns: [Message.Size]) -> [Traffic] {
    guard shuffles else { return [] }
    return (0..<3).map { pass in
      let king = pass % parties
      let others = (0..<parties).filter { $0 != king }
      return Traffic(flights: [
        others.flatMap { party in columns.map { Message(from: party, to: king, size: $0) } },
        others.flatMap { party in columns.map { Message(from: king, to: party, size: $0) } },
      ])
    }
  }
  /// A share for every party.
  func input(_ size: Message.Size) -> [Message] {
    (0..<parties).map { Message(from: .holder, to: .party($0), size: size) }
  }
  /// The shares of all others, to a computing party.
  func opening(_ size: Message.Size) -> [Message] {
    (1..<parties).map { Message(from: .afterRecipient($0), to: .recipient, size: size) }
  }
}
