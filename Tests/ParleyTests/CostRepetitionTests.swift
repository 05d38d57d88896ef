import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Work in chunks is counted once where chunks are alike, and comes to exactly what going through all of them comes to.
@Suite struct CostRepetitionTests {
  private static func prepared(_ security: String, _ query: String, rows: Int) throws -> PreparedStudy {
    var lines = ["parley: 1", "name: Chunks", "parties:"]
    for name in ["a", "b", "c", "h"] { lines.append("  - {name: \(name), organisation: \"O\(name)\"}") }
    lines += ["computing: [a, b, c]", "tables:"]
    for (name, key) in [("visits", ""), ("patients", "    unique: [patient]")] {
      lines += ["  - name: \(name)", "    holders: [a, h]", "    maximum-rows: \(rows)", key, "    columns:"]
      lines += [
        "      - {name: patient, type: int, range: [0, 99999]}",
        "      - {name: cost, type: int, range: [0, 1000], nullable: true}",
        "      - {name: ward, type: category, values: [north, south]}",
      ]
    }
    lines += ["program: \"\(query)\"", "security: {\(security)}"]
    lines += ["release: {minimum-cell: 0, recipients: [h], rows: allowed}", ""]
    return try PreparedStudy(StudyLoader.load(text: lines.joined(separator: "\n"), file: "chunks.yml"))
  }

  static let queries = [
    "SELECT ward, COUNT(*) AS n, AVG(cost) AS m, STDDEV(cost) AS s FROM visits WHERE cost > 10 GROUP BY ward",
    "SELECT MAX(cost / (patient + 1)) AS m FROM visits",
    "SELECT patient, SUM(cost) AS s FROM visits GROUP BY patient ORDER BY s DESC LIMIT 3",
    "SELECT cost, RANK() OVER (ORDER BY cost) AS r FROM visits ORDER BY r LIMIT 3",
    "SELECT SUM(v.cost * p.cost) AS s FROM visits v JOIN patients p ON v.patient = p.patient AND v.cost > p.cost",
  ]

  private func counted(_ prepared: PreparedStudy, takesAll: Bool) throws -> (cost: Cost, chunks: Int) {
    let core = prepared.core
    return CostModel.counted(
      core.lowered, on: core.descriptor, shape: try core.shape(rows: core.assumedRows), takesAll: takesAll)
  }

  @Test(arguments: OperatorCostTests.securities, queries)
  func chunksThatAreAlikeAreCountedOnce(security: String, query: String) throws {
    // Networks of comparisons, which sort where nothing shuffles, are bounded.
    let isSorted = query.contains("ORDER") || query.contains("JOIN")
    guard !(security.contains("macs") && isSorted) else { return }
    for rows in [131_073, 3_000_001, 20_000_000] {
      let prepared = try Self.prepared(security, query, rows: rows)
      let quick = try counted(prepared, takesAll: false), whole = try counted(prepared, takesAll: true)
      #expect(quick.cost == whole.cost, "\(rows) rows")
      #expect(quick.chunks <= whole.chunks)
      if rows == 20_000_000 { #expect(quick.chunks < whole.chunks, "\(whole.chunks)") }
    }
  }

  /// From here on, planning takes no more work for more rows.
  @Test(arguments: OperatorCostTests.securities, queries)
  func moreRowsAreNoMoreWork(security: String, query: String) throws {
    guard !query.contains("ORDER") && !query.contains("JOIN") else { return }
    let few = try counted(try Self.prepared(security, query, rows: 1 << 26), takesAll: false).chunks
    let many = try counted(try Self.prepared(security, query, rows: 1 << 30), takesAll: false).chunks
    #expect(many <= few + 20, "\(few) chunks for 2^26 rows, \(many) for 2^30")
  }
}
