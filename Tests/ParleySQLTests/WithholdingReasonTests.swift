import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Which rule withheld a group of made-up rows.
@Suite struct WithholdingReasonTests {
  private static let groups = ["a", "b", "c", "d", "e", "f"]
  private static func schema(_ keys: ColumnType) -> TableSchema {
    TableSchema(
      name: "t",
      columns: [
        .init(name: "g", type: keys, isNullable: false),
        .init(name: "x", type: .integer(0...1000), isNullable: true),
      ], holders: ["h"], maximumRows: 100)
  }
  /// Two rows in a; four values in b, c and d, of which one has a row without a value; more in e; none in f.
  private static let rows: [(Int64, Int64?)] = {
    let values: [[Int64?]] = [
      [1, 2], [1, 2, 3, 4], [1, 2, 3, nil], [900, 1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]
    var rows: [(Int64, Int64?)] = []
    for (group, own) in values.enumerated() {
      for value in own { rows.append((Int64(group), value)) }
    }
    return rows
  }()

  private struct Told {
    var withheld: Set<Int> = []
    var reasons: [WithholdingReason: Set<Int>] = [:]
  }

  private static func told(
    _ text: String, _ keys: ColumnType = .category(Self.groups), dominance: [ReleaseRules.Dominance] = [],
    rows: [(Int64, Int64?)] = Self.rows
  ) throws -> Told {
    let tables = [schema(keys)]
    let data = [
      "t": [
        TableData(
          rowCount: rows.count,
          columns: [
            .init(values: rows.map(\.0), isNull: []),
            .init(values: rows.map { $0.1 ?? 0 }, isNull: rows.map { $0.1 == nil }),
          ])
      ]
    ]
    let rules = ReleaseRules(minimumCell: 3, recipients: ["r"], dominance: dominance)
    let queries = [SQLQuery(name: "q", text: text)]
    let program = try SQLFrontEnd.watched(queries, tables: tables, rules: rules)
    let opened = try InsecurePlaintextEvaluator.evaluate(program, tables: tables, data: data, shuffles: false)
    // What parties run shows the same, and opens no reason.
    let plain = try SQLFrontEnd.compile(queries, tables: tables, rules: rules)
    #expect(!plain.disclosures.contains { $0.name.hasPrefix("q: ") })
    #expect(plain.results.map(\.columns.count) == program.results.map(\.columns.count))
    let shown = try InsecurePlaintextEvaluator.results(plain, tables: tables, data: data)
    #expect(try DecodedTable.decode(program, opened: opened)[0].rows.count == shown[0].rows.count)
    var told = Told()
    func places(_ bits: [BigInt]?) -> Set<Int> {
      Set((bits ?? []).enumerated().filter { $0.element != 0 }.map(\.offset))
    }
    if let id = program.results[0].isWithheld {
      told.withheld = places(opened[id])
      #expect(told.withheld == Set(shown[0].rows.indices.filter { shown[0].rows[$0].contains(.withheld) }))
    }
    for (index, disclosure) in program.disclosures.enumerated() {
      for reason in WithholdingReason.allCases where disclosure.name == reason.disclosure(of: "q") {
        told.reasons[reason, default: []].formUnion(places(opened[.init(rawValue: index)]))
      }
    }
    return told
  }

  @Test func ofPublicGroups() throws {
    let counts = try Self.told("SELECT g, COUNT(*) AS n FROM t GROUP BY g")
    // Those of four rows go with the two; nothing else is small.
    #expect(counts.withheld == [0, 1, 2, 3])
    #expect(
      counts.reasons[.few] == [0] && (counts.reasons[.part] ?? []).isEmpty && counts.reasons[.dominated] == nil)
    // One value that is missing is a set of one row.
    let values = try Self.told("SELECT g, COUNT(x) AS n FROM t GROUP BY g")
    #expect(values.reasons[.few] == [0] && values.reasons[.part]?.contains(2) == true)
    #expect(values.withheld.isSuperset(of: [0, 2]))
    let sums = try Self.told(
      "SELECT g, SUM(x) AS s FROM t GROUP BY g", dominance: [.init(units: 1, percent: 80)],
      rows: Self.rows.filter { $0.1 != nil })
    #expect(sums.reasons[.dominated]?.contains(3) == true && sums.withheld.contains(3))
    let whole = try Self.told("SELECT COUNT(*) AS n FROM t WHERE x > 900")
    #expect(whole.withheld.isEmpty && (whole.reasons[.few] ?? []).isEmpty)
    let left = try Self.told("SELECT COUNT(*) AS n FROM t WHERE x < 900")
    #expect(left.withheld == [0] && left.reasons[.left] == [0])
  }

  /// The group that is small and those that go with it, of groups that are secret.
  @Test func ofSecretGroups() throws {
    let told = try Self.told("SELECT g, COUNT(*) AS n FROM t GROUP BY g", .integer(0...99_999))
    #expect(told.reasons[.few]?.count == 1)
    #expect(told.reasons[.hidden]?.count == 4)
    #expect(told.reasons[.hidden]?.isSuperset(of: told.reasons[.few] ?? []) == true)
  }
}
