import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// What settings change, as other programs have it (`Scripts/references`).
enum SettingReference {
  struct Ranks: Decodable {
    var columns: [String], rows: Int, r: [[Double]], p: [[Double]]
  }
  private struct File<Value: Decodable>: Decodable { var values: Value }
  private struct Named<Value: Decodable>: Decodable {
    var value: Value
    init(from decoder: any Decoder) throws {
      let all = try decoder.container(keyedBy: Key.self)
      value = try all.decode(
        Value.self, forKey: Key(stringValue: try #require(decoder.userInfo[.name] as? String)))
    }
  }
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  static func value<Value: Decodable>(_ name: String, _ type: Value.Type = Value.self) throws -> Value {
    let decoder = JSONDecoder()
    decoder.userInfo[.name] = name
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "References/settings.json")
    return try decoder.decode(File<Named<Value>>.self, from: try Data(contentsOf: path)).values.value
  }
}
extension CodingUserInfoKey {
  fileprivate static let name =
    CodingUserInfoKey(rawValue: "name") ?? { preconditionFailure("a key without a name") }()
}

/// `correlation` with `method: spearman`, against scipy and against counting by hand.
@Suite struct RankCorrelationTests {
  static func text(
    _ analysis: String, columns: [String] = columns, minimum: Int = 0, table: String = "",
    adversary: String = "semi-honest"
  ) -> String {
    AnalysisWorld.text(
      "  - {name: c, table: people, kind: correlation, method: spearman, \(analysis)}", columns: columns,
      minimum: minimum, table: table, adversary: adversary)
  }
  static let columns = [
    "{name: x, type: int, range: [0, 1000], nullable: true}",
    "{name: y, type: decimal, scale: 1, range: [0, 100]}", "{name: w, type: bool}",
    "{name: z, type: int, range: [4, 5]}",
  ]

  @Test func heart() throws {
    let reference = try SettingReference.value("spearman", SettingReference.Ranks.self)
    let names = reference.columns
    let text = Self.text("columns: [\(names.joined(separator: ", "))]", columns: HeartData.columns)
    let results = try AnalysisWorld(text, rows: HeartData.rows()).results()
    #expect(try #require(results["c.coefficients"]).numbers("n") == [Double(reference.rows)])
    let pairs = try #require(results["c.pairs"])
    let r = try pairs.numbers("r"), tails = try pairs.numbers("p")
    var place = 0
    for a in names.indices {
      for b in names.indices where b > a {
        #expect(abs(r[place] - reference.r[a][b]) < 0.51e-6, "\(names[a]), \(names[b]): \(r[place])")
        // p changes by at most its slope at six decimals.
        #expect(abs(tails[place] - reference.p[a][b]) < 2e-5, "\(names[a]), \(names[b]): \(tails[place])")
        place += 1
      }
    }
    #expect(place == 10)
  }

  /// With many ties, a column of two values and one that does not vary.
  @Test(arguments: [(UInt64(4), 3), (5, 40)]) func coefficientsAreThoseOfMidranks(
    _ seed: UInt64, _ spread: Int
  ) throws {
    let rows = RankTests.rows(37, seed: seed, spread: spread).filter { $0.x != nil }
    let cells = rows.map { [$0.cells[0], $0.cells[1], $0.arm == "a" ? "1" : "0", "4"] }
    let results = try AnalysisWorld(Self.text("columns: [x, y, w, z]"), rows: cells).results()
    let table = try #require(results["c.coefficients"])
    let columns = [rows.map { $0.x ?? 0 }, rows.map(\.y), rows.map { $0.arm == "a" ? 1 : 0 }].map(RankTests.ranks)
    for (a, b, name) in [(0, 1, "r x, y"), (0, 2, "r x, w"), (1, 2, "r y, w")] {
      let middle = Double(rows.count + 1) / 2
      func product(_ i: Int, _ j: Int) -> Double {
        zip(columns[i], columns[j]).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - middle) }
      }
      let expected = product(a, b) / (product(a, a) * product(b, b)).squareRoot()
      #expect(abs(try table.numbers(name)[0] - expected) <= 0.5000001e-6, "seed \(seed), \(name)")
    }
    for name in ["r x, z", "r y, z", "r w, z"] { #expect(Double(try table.texts(name)[0]) == nil) }
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let rows = RankTests.rows(14, seed: 5, spread: 6).map { [$0.cells[0], $0.cells[1], "1", "4"] }
    var world = try AnalysisWorld(
      Self.text("columns: [x, y]", minimum: 2, table: "missing-values: told", adversary: adversary),
      rows: Array(rows.prefix(6)))
    world.south = Array(rows.dropFirst(6))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(abs(try #require(found["c.pairs"]).numbers("r")[0]) < 1)
  }

  // MARK: One below the minimum, and at it

  private func isWithheld(_ rows: [[String]], _ columns: String, table: String = "") throws -> Bool {
    let results = try AnalysisWorld(
      Self.text("columns: [\(columns)]", minimum: 5, table: table), rows: rows
    ).results()
    let coefficients = try #require(results["c.coefficients"])
    let withheld = coefficients.columns.map { name in (try? coefficients.texts(name)[0]) == "withheld" }
    #expect(Set(withheld).count == 1)
    return withheld[0]
  }
  private func row(_ index: Int, _ w: Bool = true, _ z: Int = 4) -> [String] {
    [String(10 + index * 7 % 5), "\(1 + index * 3 % 7).0", w ? "1" : "0", String(z)]
  }

  @Test func rowsAreEnough() throws {
    #expect(try isWithheld((0..<4).map { row($0) }, "x, y"))
    #expect(try !isWithheld((0..<5).map { row($0) }, "x, y"))
    for (missing, expected) in [(4, true), (5, false)] {
      let rows = (0..<9).map { row($0) } + (0..<missing).map { _ in ["", "1.0", "1", "4"] }
      #expect(try isWithheld(rows, "x, y") == expected)
    }
    // Apart from the least possible value.
    for (many, expected) in [(4, true), (5, false)] {
      let rows = (0..<15).map { $0 < many ? row($0) : ["0", row($0)[1], "1", "4"] }
      #expect(try isWithheld(rows, "x, y") == expected)
    }
  }

  @Test func columnsOfTwoValuesAreGroups() throws {
    // Few rows where the condition holds; few where both hold.
    for (ones, expected) in [(4, true), (5, false)] {
      #expect(try isWithheld((0..<20).map { row($0, $0 < ones) }, "x, w") == expected)
      let both = (0..<30).map { row($0, $0 < 12, $0 < ones || $0 > 20 ? 5 : 4) }
      #expect(try isWithheld(both, "w, z") == expected)
      #expect(try !isWithheld(both, "x, w"))
    }
    // A number of two values in one group, though not in all rows.
    for (high, expected) in [(4, true), (5, false)] {
      let rows = (0..<30).map { index in
        [index < high || (15..<22).contains(index) ? "1000" : "0", "1.0", index < 15 ? "1" : "0", "4"]
      }
      #expect(try isWithheld(rows, "x, w") == expected)
    }
  }
}
