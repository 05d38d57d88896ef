package import ParleyProgram

/// What a plan says of its correlated randomness; none where the engine takes none.
package struct OfflineSummary: Sendable, Hashable, Encodable {
  /// How much of one kind.
  package struct Amount: Sendable, Hashable, Encodable {
    /// Kind of correlation, in words.
    package var kind: String
    /// How many.
    package var count: Int
  }
  /// What one party sends another.
  package struct Link: Sendable, Hashable, Encodable {
    /// Name of the party.
    package var from: String
    /// Name of the party.
    package var to: String
    /// Payload before the first input.
    package var bytes: Int
  }
  /// How many correlations there are, by kind.
  package var correlations: [Amount]
  /// Messages one after the other, before the first input.
  package var rounds: Int
  /// Payload over all links, before the first input.
  package var bytes: Int
  /// Links that carry anything before the first input.
  package var links: [Link]
  /// On the network of the plan; making it is not part of it.
  package var seconds: Double
  /// What a computing party keeps until it is used.
  package var storedBytes: Int

  /// - Parameter names: of the principals.
  package init?(_ cost: Cost, names: [String], on network: NetworkProfile, _ calibration: Calibration = .typical) {
    guard let offline = cost.offline else { return nil }
    correlations = cost.demand.sorted.map { Amount(kind: $0.kind.description, count: $0.count) }
    rounds = offline.rounds
    bytes = offline.totalBytes
    links = names.indices.flatMap { from in
      names.indices.compactMap { to in
        let bytes = offline.bytes[from][to]
        return bytes > 0 ? Link(from: names[from], to: names[to], bytes: bytes) : nil
      }
    }
    seconds = offline.seconds(on: network, calibration)
    storedBytes = offline.storedBytes
  }

  /// "12 triples of words, 3 triples of 64 bits".
  package var amounts: String { correlations.map { "\($0.count) \($0.kind)" }.joined(separator: ", ") }

  /// Lines of a plan in text.
  ///
  /// - Parameter size, duration: for people.
  package func lines(size: (Int) -> String, duration: (Double) -> String) -> [String] {
    [
      "before the inputs       \(rounds) rounds, \(size(bytes)) in all, about \(duration(seconds)) without making it; a computing party keeps \(size(storedBytes))"
    ] + links.map { "  \($0.from) → \($0.to)  \($0.bytes) B" }
  }

  /// Rows of a plan in Markdown.
  package var rows: [(name: String, text: String)] {
    [
      ("correlated randomness", amounts), ("rounds before the inputs", "\(rounds)"),
      ("bytes before the inputs, all links", "\(bytes)"),
    ] + links.map { ("before the inputs, \($0.from) → \($0.to)", "\($0.bytes) B") }
  }
}
