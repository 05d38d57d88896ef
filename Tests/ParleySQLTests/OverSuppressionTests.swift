import Foundation
import ParleyBase
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// How much more than the fewest cells the rules withhold: as many as a search finds that sees all rows.
@Suite struct OverSuppressionTests {
  /// Over many queries.
  private struct Tally {
    var studies = 0
    var cells = 0
    var small = 0
    var withheld = 0
    var fewest = 0
    var reasons: [SuppressionMeasure.Reason: Int] = [:]

    mutating func add(_ measure: SuppressionMeasure) {
      studies += 1
      cells += measure.cells.cells.count
      small += measure.cells.small.count
      withheld += measure.withheld.count
      fewest += measure.fewest
      if let reason = measure.reason { reasons[reason, default: 0] += measure.withheld.count - measure.fewest }
    }
    var line: String {
      let ratio = fewest == 0 ? "" : String(format: ", ratio %.2f", Double(withheld) / Double(fewest))
      let why = reasons.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
      return "cells \(cells), small \(small), withheld \(withheld), fewest \(fewest)\(ratio)"
        + (why.isEmpty ? "" : " (more by \(why.joined(separator: ", ")))")
    }
    var isWithinTenPercent: Bool { withheld * 10 <= fewest * 11 }
  }

  /// What is withheld has to be enough, or the figure would say nothing.
  private func expectEnough(_ measure: SuppressionMeasure, _ name: String) {
    #expect(
      measure.cells.isEnough(measure.withheld),
      "\(name): \(measure.withheld.sorted()) of \(measure.cells.cells.map { ($0.key, $0.rowCount, $0.isSmall) })")
  }

  // MARK: The search

  /// Against all sets of cells, tried one after the other.
  @Test func theSearchFindsTheFewest() {
    var random = InsecureRandom(seed: 0x0c7)
    for _ in 0..<300 {
      let minimum = Int.random(in: 2...5, using: &random)
      let cells = (0..<Int.random(in: 1...7, using: &random)).map { number in
        let rows = Int.random(in: 1...9, using: &random)
        let persons = Set((0..<rows).map { _ in String(Int.random(in: 0...11, using: &random)) })
        let isSmall = persons.count < minimum || random.chance(10)
        return SuppressionCells.Cell(key: ["\(number)"], rowCount: rows, units: [persons], isSmall: isSmall)
      }
      let problem = SuppressionCells(minimum: minimum, cells: cells)
      let all = (0..<1 << cells.count).filter { bits in
        problem.isEnough(Set(cells.indices.filter { bits >> $0 & 1 == 1 }))
      }
      #expect(problem.fewestWithheld() == all.map(\.nonzeroBitCount).min(), "\(cells)")
    }
  }

  // MARK: The demo

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The demo's second query, on the files that it is shown with.
  @Test func demo() throws {
    let columns = ["age", "sex", "num"]
    let table = TableSchema(
      name: "patients",
      columns: [
        .init(name: "age", type: .integer(0...120), isNullable: false),
        .init(name: "sex", type: .category(["0", "1"]), isNullable: false),
        .init(name: "num", type: .integer(0...4), isNullable: false),
      ], holders: HeartDiseaseTests.hospitals, maximumRows: 2000)
    let parts = try HeartDiseaseTests.hospitals.map { hospital in
      let file = Self.root.appendingPathComponent("Examples/heart-disease/\(hospital).csv")
      let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
        .map { $0.components(separatedBy: ",") }
      let places = try columns.map { try #require(lines[0].firstIndex(of: $0)) }
      return TableData(
        rowCount: lines.count - 1,
        columns: try places.map { place in
          .init(values: try lines.dropFirst().map { try #require(Int64($0[place])) }, isNull: [])
        })
    }
    let band = """
      CASE WHEN age < 30 THEN 'under 30' WHEN age < 40 THEN '30-39' WHEN age < 50 THEN '40-49'
      WHEN age < 60 THEN '50-59' WHEN age < 70 THEN '60-69' ELSE '70 and over' END
      """
    // A patient has no name in these files; the row's values tell few apart, so rows are counted by number.
    let numbered = TableSchema(
      name: "patients",
      columns: table.columns + [.init(name: "number", type: .integer(0...4000), isNullable: false)],
      holders: table.holders, maximumRows: 2000, uniqueKeys: [["number"]])
    var first: Int64 = 0
    let data = parts.map { part in
      defer { first += Int64(part.rowCount) }
      var part = part
      part.columns.append(.init(values: (first..<first + Int64(part.rowCount)).map { $0 }, isNull: []))
      return part
    }
    for (name, text, sets) in [
      ("demo, prevalence", "COUNT(*), AVG(CASE WHEN num > 0 THEN 1 ELSE 0 END)", ["num > 0", "NOT (num > 0)"]),
      ("demo, number of patients", "COUNT(*)", []),
    ] {
      let measure = try SuppressionMeasure(
        text: "SELECT sex, \(band) AS age_band, \(text) FROM patients GROUP BY sex, age_band",
        behind: .init(
          from: "patients", keys: [("sex", "sex"), ("age_band", band)], units: ["number"], sets: sets,
          counted: "patients"), minimum: 5, tables: [numbered], data: ["patients": data])
      expectEnough(measure, name)
      var tally = Tally()
      tally.add(measure)
      print("\(name): \(tally.line)")
      #expect(tally.isWithinTenPercent, "\(name): \(tally.line)")
      #expect(measure.cells.cells.count == 11 && tally.fewest > 0)
    }
  }

  // MARK: TPC-H

  /// Customers are protected, and lines where a query reads nothing else; prices, suppliers and places are public.
  static let protected = TPCHTests.tables.map { table in
    var table = table
    switch table.name {
    case "customer": table.protection = .units(name: "customer", column: "c_custkey")
    case "orders": table.protection = .units(name: "customer", column: "o_custkey")
    case "lineitem": table.protection = .rows
    default: table.protection = .nothing
    }
    return table
  }

  struct Aggregate: CustomStringConvertible, Sendable {
    var name: String
    var select: String
    var from: String
    var filter: String
    var keys: [String]
    var sets: [String]
    var units = ["c_custkey", line]
    /// Its keys are not those of the specification.
    var isCoarser = false
    var description: String { name }
    static let line = "l_orderkey * 8 + l_linenumber"
  }
  private static let revenue = "SUM(l_extendedprice * (1 - l_discount)) AS revenue"
  private static let isRevenue = ["l_extendedprice * (1 - l_discount) <> 0"]
  private static let sold =
    "customer, orders, lineitem, nation"
  private static let isSold = "c_custkey = o_custkey AND l_orderkey = o_orderkey AND c_nationkey = n_nationkey"
  /// Queries 1, 3 and 10 as they are written, and 3, 5 and 10 by coarser keys: theirs are single orders and customers, or of a
  /// region and a year that the small data has nothing of.
  static let aggregates: [Aggregate] = [
    Aggregate(
      name: "query 1",
      select:
        "SUM(l_quantity) AS q, SUM(l_extendedprice) AS p, \(revenue), SUM(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS c, AVG(l_quantity) AS aq, AVG(l_extendedprice) AS ap, AVG(l_discount) AS ad, COUNT(*) AS n",
      from: "lineitem", filter: "l_shipdate <= CAST('1998-09-02' AS date)",
      keys: ["l_returnflag", "l_linestatus"],
      sets: ["l_quantity <> 0", "l_extendedprice <> 0", "l_discount <> 0"] + isRevenue, units: [Aggregate.line]),
    Aggregate(
      name: "query 3", select: revenue, from: "customer, orders, lineitem",
      filter:
        "c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < CAST('1995-03-15' AS date) AND l_shipdate > CAST('1995-03-15' AS date)",
      keys: ["l_orderkey", "o_orderdate", "o_shippriority"], sets: isRevenue),
    Aggregate(
      name: "query 3 by day", select: revenue, from: "customer, orders, lineitem",
      filter:
        "c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < CAST('1995-03-15' AS date) AND l_shipdate > CAST('1995-03-15' AS date)",
      keys: ["o_orderdate"], sets: isRevenue, isCoarser: true),
    Aggregate(
      name: "query 5 of every region", select: revenue, from: "customer, orders, lineitem, supplier, nation",
      filter:
        "\(isSold) AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey", keys: ["n_name"], sets: isRevenue,
      isCoarser: true),
    Aggregate(
      name: "query 10", select: revenue, from: sold,
      filter:
        "\(isSold) AND o_orderdate >= CAST('1993-10-01' AS date) AND o_orderdate < CAST('1994-01-01' AS date) AND l_returnflag = 'R'",
      keys: ["c_custkey", "n_name"], sets: isRevenue),
    Aggregate(
      name: "query 10 by nation", select: revenue, from: sold,
      filter:
        "\(isSold) AND o_orderdate >= CAST('1993-10-01' AS date) AND o_orderdate < CAST('1994-01-01' AS date) AND l_returnflag = 'R'",
      keys: ["n_name"], sets: isRevenue, isCoarser: true),
    Aggregate(
      name: "revenue by nation and year", select: revenue, from: sold, filter: isSold,
      keys: ["n_name", "extract(year FROM o_orderdate)"], sets: isRevenue, isCoarser: true),
  ]

  @Test func tpch() throws {
    let data = try TPCHTests.data.get()
    var asWritten = Tally(), coarser = Tally()
    for aggregate in Self.aggregates {
      let names = aggregate.keys.indices.map { "k\($0)" }
      let keys = zip(aggregate.keys, names).map { "\($0) AS \($1)" }.joined(separator: ", ")
      let measure = try SuppressionMeasure(
        text:
          "SELECT \(keys), \(aggregate.select) FROM \(aggregate.from) WHERE \(aggregate.filter) GROUP BY \(names.joined(separator: ", "))",
        behind: .init(
          from: aggregate.from, filter: aggregate.filter,
          keys: Array(zip(names, aggregate.keys)).map { (name: $0, expression: $1) }, units: aggregate.units,
          sets: aggregate.sets, counted: aggregate.from == "lineitem" ? "lineitem" : nil), minimum: 5,
        tables: Self.protected, data: data)
      expectEnough(measure, aggregate.name)
      #expect(!measure.cells.cells.isEmpty, "\(aggregate.name) has no group")
      var tally = Tally()
      tally.add(measure)
      if aggregate.isCoarser { coarser.add(measure) } else { asWritten.add(measure) }
      print("TPC-H \(aggregate.name): \(tally.line)")
    }
    print("TPC-H, as written: \(asWritten.line)")
    print("TPC-H, coarser keys: \(coarser.line)")
    #expect(asWritten.fewest > 0 && asWritten.isWithinTenPercent, "\(asWritten.line)")
    // Customers have several lines, in several groups: this is where the rules are further from the fewest.
    #expect(
      Set(coarser.reasons.keys).isSubset(of: [.manyRowsOfFew, .repeatedUnits, .everything]), "\(coarser.line)")
    #expect(coarser.withheld < coarser.cells && coarser.fewest > 0, "\(coarser.line)")
  }

  // MARK: Harmless studies

  /// `PARLEY_SUPPRESSION_STUDIES` says how many, `PARLEY_SUPPRESSION_SEED` where they begin.
  @Test func harmlessStudies() throws {
    let count = RelationalDifferentialTests.number("PARLEY_SUPPRESSION_STUDIES", 300)
    let seed = UInt64(RelationalDifferentialTests.number("PARLEY_SUPPRESSION_SEED", 11_000_000))
    var whole = Tally(), refused = 0
    var byKind: [String: Tally] = [:]
    for index in 0..<UInt64(count) {
      let tricks = ReleaseAttack.harmlessTricks
      let study = ReleaseAttack.Study(seed: seed &+ index, trick: tricks[Int(index) % tricks.count])
      guard let measure = try ReleaseAttack.measure(study) else {
        refused += 1
        continue
      }
      expectEnough(measure, "\(study)")
      whole.add(measure)
      let units = study.questions[0].behind?.counted == nil ? "persons with several rows" : "rows"
      byKind[units, default: Tally()].add(measure)
    }
    print("harmless studies from seed \(seed), \(count), \(refused) refused: \(whole.line)")
    for (kind, tally) in byKind.sorted(by: { $0.key < $1.key }) { print("  \(kind): \(tally.line)") }
    #expect(whole.studies * 10 >= count * 9 && whole.fewest > 0)
    #expect(whole.isWithinTenPercent, "\(whole.line)")
  }
}
