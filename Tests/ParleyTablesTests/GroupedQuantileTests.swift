import ParleyTables
import Testing

/// Values by rank in groups, against a list of each group's values.
@Suite struct GroupedQuantileTests {
  static let shares = [(0, 1), (1, 10), (1, 3), (1, 2), (50, 100), (9, 10), (1, 1)]

  /// Tenfold, exact.
  static func median(_ values: [Int64]) -> String {
    guard !values.isEmpty else { return "NULL" }
    let tenfold = 5 * (values[(values.count - 1) / 2] + values[values.count / 2])
    return "\(tenfold < 0 ? "-" : "")\(abs(tenfold) / 10).\(abs(tenfold) % 10)"
  }
  static func quantile(_ values: [Int64], _ share: (Int, Int)) -> String {
    let rank = max(1, (values.count * share.0 + share.1 - 1) / share.1)
    return values.isEmpty ? "NULL" : String(values[rank - 1])
  }

  @Test(arguments: 800..<860 as Range<UInt64>) func groups(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", GroupTests.columns)
    for keys in [[0], [2], [5], [0, 2, 1]] {
      var groups: [[Int64?]: [[Int64?]]] = [:]
      for row in t.rows { groups[keys.map { row[$0] }, default: []].append(row) }
      let expected = groups.map { key, rows in
        func values(_ column: Int) -> [Int64] { rows.compactMap { $0[column] }.sorted() }
        var cells = key.map { $0.map(String.init) ?? "NULL" }
        cells += [String(rows.count), Self.median(values(3))]
        cells += Self.shares.map { Self.quantile(values(3), $0) }
        cells += [String(Set(values(3)).count), String(Set(values(5)).count)]
        cells += [Self.median(values(4)), Self.quantile(values(4), (1, 10)), Self.median(values(0))]
        return cells.joined(separator: "|")
      }
      let shown = try result(of: [t]) { tables, sources in
        try tables.grouped(
          sources[0], by: keys,
          [.init(.countRows), .init(.median, of: 3)]
            + Self.shares.map { .init(.quantile(numerator: $0.0, denominator: $0.1), of: 3) }
            + [
              .init(.count, of: 3, isDistinct: true), .init(.count, of: 5, isDistinct: true),
              .init(.median, of: 4),
              .init(.quantile(numerator: 1, denominator: 10), of: 4), .init(.median, of: 0),
            ])
      }
      #expect(
        shown.map { $0.joined(separator: "|") }.sorted() == expected.sorted(),
        "seed \(seed), keys \(keys), \(t.rows)")
    }
  }

  /// The same functions over all rows.
  @Test(arguments: 860..<880 as Range<UInt64>) func allRows(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", GroupTests.columns)
    func values(_ column: Int) -> [Int64] { t.rows.compactMap { $0[column] }.sorted() }
    let shown = try result(of: [t]) { tables, sources in
      try tables.aggregated(
        sources[0],
        [.init(.median, of: 3), .init(.quantile(numerator: 9, denominator: 10), of: 5), .init(.countRows)])
    }
    let expected = [Self.median(values(3)), Self.quantile(values(5), (9, 10)), String(t.rows.count)]
    #expect(shown == [expected], "seed \(seed)")
  }
}
