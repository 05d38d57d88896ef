/// Sizes of one run: the public numbers on which its cost depends.
package struct RunShape: Hashable, Sendable {
  /// The rows of one holder of a table.
  package struct Part: Hashable, Sendable {
    /// Index of the holder among the principals.
    package var holder: Int
    /// Rows it shares, padding included.
    package var rows: Int
    /// So many rows of one holder.
    package init(holder: Int, rows: Int) {
      self.holder = holder
      self.rows = rows
    }
  }
  /// Principals: computing parties first.
  package var principals: Int
  /// Who brings how many rows: by table, then in row order.
  package var tables: [[Part]]
  /// Principals that receive a disclosure, by disclosure.
  package var recipients: [[Int]]

  /// Sizes; see the properties.
  package init(principals: Int, tables: [[Part]], recipients: [[Int]]) {
    self.principals = principals
    self.tables = tables
    self.recipients = recipients
  }
  /// Rows by table and holder.
  package var rows: RowCounts { RowCounts(parts: tables.map { $0.map(\.rows) }) }
}

/// What a run will cost: exact bytes by link and rounds, planned memory, and counts from which time is predicted.
public struct Cost: Hashable, Sendable {
  /// Payload bytes from principal to principal.
  public var bytes: [[Int]]
  /// Largest depth of dependent messages.
  public var rounds: Int
  /// Largest number of bytes of shares that a computing party holds at once.
  public var peakShareBytes: Int
  /// Most bytes that one flight sends over one link: what can wait there at once, and more where a party is behind.
  public var largestFlightBytes = 0
  /// Ring words that each computing party multiplies.
  public var multiplications: Int
  /// Bits that each computing party ANDs.
  public var andBits: Int
  /// Instructions executed, a party: what bounds small inputs.
  public var instructionCount: Int
  /// Words that shuffles and sorts move to places in no order, a party; 64 planes of a row are a word.
  public var movedElements = 0
  /// Elements of the passes of shuffles, as their proofs count them: one for each word of a row, and one for all planes.
  public var shuffledElements = 0
  /// Correlated randomness that is prepared and taken, of all kinds (none where keys suffice).
  public var correlations: Int { demand.total }
  /// Correlations that are used, by kind and by step.
  package var demand = CorrelationDemand()
  /// What obtaining it costs, apart from all else here; nil where there is none.
  public var offline: OfflineCost?
  /// log2 of the probability that a deviating party goes unnoticed in one run; nil where nothing is verified.
  public var cheatingExponent: Double?
  /// Proofs that verify the products.
  public var proofs = 0
  /// Ring words that proofs verify, a party.
  public var provedWords = 0
  /// Ring words that macs verify, a party.
  public var authenticatedWords = 0
  /// AND-ed bits that proofs verify, a party.
  public var provedBits = 0
  /// Elements of passes of shuffles that proofs verify, a party.
  public var provedShuffledElements = 0
  /// The whole cost by operator; the parts add up to it.
  package var shares: [CostShare] = []

  /// Payload bytes over all links, without those before the first input.
  public var totalBytes: Int { bytes.reduce(0) { $0 + $1.reduce(0, +) } }
  /// Bytes from principal to principal, before the first input and after.
  package var allBytes: [[Int]] {
    guard let offline else { return bytes }
    return zip(bytes, offline.bytes).map { zip($0, $1).map { $0 + $1 } }
  }
  /// Payload bytes that one principal sends to all others.
  public func sent(by principal: Int) -> Int { bytes[principal].reduce(0, +) }
}

/// What correlated randomness costs before the first input.
public struct OfflineCost: Hashable, Sendable {
  /// Payload bytes from principal to principal.
  public var bytes: [[Int]]
  /// Largest depth of dependent messages, counted from 1 again.
  public var rounds: Int
  /// What a computing party keeps of it until it is used.
  public var storedBytes: Int
  /// Most bytes that one flight sends over one link.
  public var largestFlightBytes = 0

  /// Payload bytes over all links.
  public var totalBytes: Int { bytes.reduce(0) { $0 + $1.reduce(0, +) } }

  /// Rounds at the link's latency, the busiest link at its bandwidth, and handling what is sent. Making it is not part of
  /// it: that is different for every source.
  public func seconds(on network: NetworkProfile, _ calibration: Calibration = .typical) -> Double {
    let busiest = bytes.map { $0.max() ?? 0 }.max() ?? 0
    let most = bytes.map { $0.reduce(0, +) }.max() ?? 0
    return Double(rounds) * network.oneWayLatency + Double(busiest) / network.bandwidth
      + Double(most) * calibration.secondsPerByte
  }
}
