import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

@Suite struct CivilDateTests {
  /// Foundation's calendar is the reference.
  @Test func everyDayOfFourCenturies() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    for days in stride(from: Int64(-62_000), through: 85_000, by: 37) {
      let date = Date(timeIntervalSince1970: Double(days) * 86_400)
      let parts = calendar.dateComponents([.year, .month, .day], from: date)
      let (year, month, day) = (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
      #expect(CivilDate(year: year, month: month, day: day)?.daysSince1970 == Int(days))
      #expect(
        CivilDate(daysSince1970: Int(days)).description == String(format: "%04d-%02d-%02d", year, month, day))
    }
  }
  @Test func edges() {
    #expect(CivilDate(year: 1970, month: 1, day: 1)?.daysSince1970 == 0)
    #expect(CivilDate(year: 0, month: 1, day: 1)?.daysSince1970 == -719_528)
    #expect(CivilDate(daysSince1970: -719_528).description == "0000-01-01")
    #expect(CivilDate(year: 9999, month: 12, day: 31)?.description == "9999-12-31")
    for (year, month, day) in [
      (2021, 2, 29), (1900, 2, 29), (2020, 13, 1), (2020, 0, 1), (2020, 4, 31), (2020, 1, 0),
    ] {
      #expect(CivilDate(year: year, month: month, day: day) == nil)
    }
    #expect(CivilDate(year: 2000, month: 2, day: 29) != nil)
  }
  @Test func layouts() {
    for good in ["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "YYYYMMDD", "DD MM YYYY"] {
      #expect(DateFormat(good)?.description == good)
    }
    for bad in ["", "YYYY-MM", "YYYY-MM-DD-DD", "YY-MM-DD", "YYYY-MM-DDThh", "YYYY-mm-DD"] {
      #expect(DateFormat(bad) == nil)
    }
  }
}

@Suite struct SyntheticDataTests {
  @Test func withinTheSchemaAndRepeatable() throws {
    let schema = try Sample.table().schema
    let data = SyntheticData.make(schema, rows: 2000, seed: 7)
    #expect(data == SyntheticData.make(schema, rows: 2000, seed: 7))
    #expect(data != SyntheticData.make(schema, rows: 2000, seed: 8))
    #expect(data.rowCount == 2000)
    for (column, cells) in zip(schema.columns, data.columns) {
      #expect(cells.values.count == 2000)
      #expect(cells.isNull.count == (column.isNullable ? 2000 : 0))
      #expect(cells.values.indices.allSatisfy { column.type.range.contains(cells.values[$0]) || cells.isNull[$0] })
      #expect(cells.isNull.indices.allSatisfy { !cells.isNull[$0] || cells.values[$0] == 0 })
      if column.isNullable { #expect((100..<300).contains(cells.isNull.count { $0 }), "seed 7") }
    }
    // Both ends of small ranges occur.
    #expect(Set(data.columns[1].values) == [0, 1])
    #expect(Set(data.columns[0].values).count > 100)
  }
  /// Whom a table protects has several rows in it now and then, unless the study says that nobody has.
  @Test(arguments: [ColumnType.integer(0...1_000_000_000), .text(bytes: 20)]) func peopleComeAgain(
    type: ColumnType
  ) {
    for isUnique in [false, true] {
      let data = SyntheticData.make(
        TableSchema(
          name: "t",
          columns: [
            ColumnSchema(name: "x", type: .integer(0...9), isNullable: false),
            ColumnSchema(name: "person", type: type, isNullable: false),
          ], holders: ["h"], maximumRows: 300, uniqueKeys: isUnique ? [["person"]] : [],
          protection: .units(name: "person", column: "person")), rows: 300, seed: 5)
      let people = data.columns[1]
      let different = people.texts.isEmpty ? Set(people.values).count : Set(people.texts).count
      // Texts of a letter or two are the same by chance.
      #expect(isUnique ? different > 260 : (120...200).contains(different), "\(different)")
    }
  }

  /// No column is another one, shifted by some rows, and a column at the end changes no other.
  @Test(arguments: [UInt64(0), 7, 1 << 63]) func columnsKnowNothingOfEachOther(seed: UInt64) {
    func made(_ columns: Int) -> TableData {
      SyntheticData.make(
        TableSchema(
          name: "t",
          columns: (0..<columns).map {
            ColumnSchema(name: "c\($0)", type: .integer(0...1_000_000_000), isNullable: false)
          }, holders: ["h"], maximumRows: 300), rows: 300, seed: seed)
    }
    let data = made(4)
    #expect(made(5).columns.dropLast() == data.columns[...])
    let all = data.columns.flatMap(\.values)
    // 1200 numbers of a thousand million: two of them are the same once in 1400 seeds.
    #expect(Set(all).count >= all.count - 2, "seed \(seed)")
  }
  @Test func extremeRanges() {
    let schema = TableSchema(
      name: "t",
      columns: [
        ColumnSchema(name: "a", type: .integer(.min ... .max), isNullable: false),
        ColumnSchema(name: "b", type: .integer(.max ... .max), isNullable: false),
        ColumnSchema(name: "c", type: .integer(.min ... -1), isNullable: false),
      ], holders: ["h"], maximumRows: 10)
    let data = SyntheticData.make(schema, rows: 100, seed: 1)
    #expect(data.columns[1].values.allSatisfy { $0 == .max })
    #expect(data.columns[2].values.allSatisfy { $0 < 0 })
    #expect(Set(data.columns[0].values).count == 100)
  }
}

/// Made-up rows keep the keys and the numbers of equal values that a table declares.
@Suite struct SyntheticKeyTests {
  private func schema(
    _ unique: [[String]], _ limits: [TableSchema.RowLimit] = [], ids: Int64 = 40, bytes: Int = 8
  ) -> TableSchema {
    TableSchema(
      name: "t",
      columns: [
        ColumnSchema(name: "id", type: .integer(1...ids), isNullable: false),
        ColumnSchema(name: "name", type: .text(bytes: bytes), isNullable: false),
        ColumnSchema(name: "visit", type: .integer(-2...2), isNullable: true),
      ], holders: ["a", "b", "c"], maximumRows: 10_000, uniqueKeys: unique, rowLimits: limits)
  }

  /// How often the values of some columns occur among the rows of all holders; rows with NULL are left out.
  private func counts(_ schema: TableSchema, _ data: [TableData], _ names: [String]) -> [[String]: Int] {
    let places = names.compactMap { name in schema.columns.firstIndex { $0.name == name } }
    var counts: [[String]: Int] = [:]
    for part in data {
      for row in 0..<part.rowCount {
        let cells = places.map { place in
          let column = part.columns[place]
          if !column.isNull.isEmpty, column.isNull[row] { return "" }
          return column.texts.isEmpty ? String(column.values[row]) : column.texts[row]
        }
        if !cells.contains("") { counts[cells, default: 0] += 1 }
      }
    }
    return counts
  }

  private func make(_ schema: TableSchema, _ rows: [Int]) throws -> [TableData] {
    try rows.indices.map { try SyntheticData.make(schema, rows: rows, holder: $0, seed: 5) }
  }

  /// Down to tables that use every value there is.
  @Test(arguments: [
    ([["id"]], [20, 0, 20]), ([["name"]], [200, 150, 352]), ([["id", "visit"]], [60, 60, 60]),
    ([["id"], ["name"]], [20, 10, 10]), ([["id"], ["id", "visit"]], [13, 13, 14]),
  ])
  func keysAreUniqueAmongAllHolders(unique: [[String]], rows: [Int]) throws {
    let schema = schema(unique, bytes: 2)
    let data = try make(schema, rows)
    #expect(data.map(\.rowCount) == rows)
    #expect(try make(schema, rows) == data)
    for key in unique {
      let counts = counts(schema, data, key)
      #expect(counts.values.allSatisfy { $0 == 1 }, "\(key)")
      if !key.contains("visit") { #expect(counts.count == rows.reduce(0, +)) }
    }
    for part in data {
      #expect(part.columns[0].values.allSatisfy { (1...40).contains($0) })
      #expect(part.columns[1].texts.allSatisfy { (1...2).contains($0.utf8.count) })
      #expect(zip(part.columns[2].values, part.columns[2].isNull).allSatisfy { $1 || (-2...2).contains($0) })
    }
  }

  @Test func valuesOccurNoMoreOftenThanDeclared() throws {
    let limit = TableSchema.RowLimit(columns: ["id"], rows: 3)
    let schema = schema([], [limit])
    let counts = counts(schema, try make(schema, [40, 40, 40]), ["id"])
    #expect(counts.values.allSatisfy { $0 == 3 } && counts.count == 40)
    let refused = #expect(throws: ParleyError.self) { try make(schema, [40, 40, 41]) }
    #expect(refused?.code == .usage)
  }

  /// Rows of one table have partners in the other, whatever its keys say; where values are too few for the rows, nothing is shared.
  @Test(arguments: [
    ("unique: [[id]]", "id", "type: text, bytes: 8", 40),
    ("unique: [[id, day]]", "id", "type: text, bytes: 8", 20),
    ("at-most: [{columns: [id], rows: 3}]", "id", "type: int, range: [5, 900000]", 20),
    ("unique: [[id]]", "code", "type: int, range: [0, 4]", 0),
  ])
  func tablesShareWhatIsJoined(keys: String, column: String, type: String, partners: Int) throws {
    let text = try Sample.text(
      replacing: "tables:",
      with: """
        tables:
          - name: people
            holders: [a, b]
            maximum-rows: 100
            \(keys)
            columns:
              - {name: id, \(column == "id" ? type : "type: text, bytes: 8")}
              - {name: code, \(column == "code" ? type : "type: int, range: [0, 9]")}
              - {name: day, type: int, range: [0, 9]}
          - name: visits
            holders: [b]
            maximum-rows: 100
            columns: [{name: person, \(type)}]
        """
    ).replacing(
      "SELECT AVG(age) AS mean FROM patients",
      with:
        "\"SELECT COUNT(*) AS n FROM (SELECT \(column) AS x FROM people) AS p JOIN visits AS v ON v.person = p.x\""
    )
    let study = try StudyLoader.load(text: text, file: "joined.yml")
    let pools = SyntheticPools(study).pools(rows: [50, 60, 10])
    #expect(pools[2].isEmpty && pools.map(\.isEmpty) == [partners == 0, partners == 0, true])
    func make(_ table: Int, _ rows: [Int]) throws -> [TableData] {
      try rows.indices.map {
        try SyntheticData.make(study.schemas[table], rows: rows, holder: $0, seed: 5, pools: pools[table])
      }
    }
    let people = try make(0, [30, 20]), visits = try make(1, [60])
    #expect(try make(0, [30, 20]) == people)
    func values(_ data: [TableData], _ column: Int) -> Set<String> {
      Set(
        data.flatMap {
          $0.columns[column].texts.isEmpty ? $0.columns[column].values.map(String.init) : $0.columns[column].texts
        })
    }
    let place = column == "id" ? 0 : 1
    let known = values(people, place), seen = values(visits, 0)
    #expect(known.intersection(seen).count >= min(partners, seen.count) * 2 / 3, "\(known), \(seen)")
    if keys == "unique: [[id]]" { #expect(values(people, 0).count == 50) }
    if partners > 0 { #expect(seen.union(known).count <= 76) }
  }

  @Test func tooFewValuesAreSaid() throws {
    let refused = #expect(throws: ParleyError.self) { try make(schema([["id"]]), [20, 20, 1]) }
    #expect(refused?.message.contains("table 't'") == true && refused?.message.contains("id") == true)
    // The advice: the number of rows that it names.
    #expect(refused?.remedy?.contains("'maximum-rows: 40'") == true, "\(String(describing: refused))")
    #expect(try make(schema([["id"]]), [20, 20, 0]).count == 3)
  }
}

@Suite struct ExampleTests {
  static let folder = Sample.root + "/Examples/heart-disease"

  @Test func everyExampleLoads() throws {
    // Examples may be links into the folders of the programs that ship them.
    let examples = Sample.root + "/Examples"
    var count = 0
    for folder in try FileManager.default.contentsOfDirectory(atPath: examples) {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(examples)/\(folder)")) ?? []
      for file in files where file.hasSuffix(".yml") || file.hasSuffix(".yaml") {
        let study = try StudyLoader.load(path: "\(examples)/\(folder)/\(file)")
        #expect(!study.queries.isEmpty || !study.analyses.isEmpty)
        count += 1
      }
    }
    #expect(count >= 1)
  }

  /// The pooled rows are the published ones: counts, means and variances computed with other software.
  @Test func heartDiseaseEqualsTheReference() throws {
    let study = try StudyLoader.load(path: Self.folder + "/study.yml")
    let table = try #require(study.table("patients"))
    var pooled: [String: [Int64]] = [:]
    var rows: [String: Int] = [:]
    for holder in table.schema.holders {
      let (data, report) = try HolderCSV.load(path: "\(Self.folder)/\(holder).csv", table: table, holder: holder)
      rows[holder] = data.rowCount
      #expect(report.rowsDropped == 0 && report.cellsNulled == 0)
      #expect(report.ignoredColumns == ["fbs", "restecg", "exang", "oldpeak", "slope", "ca", "thal"])
      for (column, cells) in zip(table.schema.columns, data.columns) {
        let present = cells.values.indices.filter { cells.isNull.isEmpty || !cells.isNull[$0] }
        pooled[column.name, default: []] += present.map { cells.values[$0] }
      }
    }
    #expect(rows == ["cleveland": 303, "hungarian": 294, "switzerland": 123, "va": 200])
    let reference: [(String, count: Int, mean: Double, variance: Double, Int64, Int64)] = [
      ("age", 920, 53.51086956521739, 88.82469129961679, 28, 77),
      ("trestbps", 861, 132.13240418118468, 363.5150068876104, 0, 200),
      ("chol", 890, 199.13033707865168, 12272.387942518422, 0, 603),
      ("thalach", 865, 137.5456647398844, 672.1718127809892, 60, 202),
    ]
    for (name, count, mean, variance, least, greatest) in reference {
      let values = try #require(pooled[name]).map(Double.init)
      #expect(values.count == count)
      let average = values.reduce(0, +) / Double(count)
      let spread = values.map { ($0 - average) * ($0 - average) }.reduce(0, +) / Double(count - 1)
      #expect(abs(average - mean) < 1e-9 && abs(spread - variance) < 1e-6, "\(name)")
      #expect(pooled[name]?.min() == least && pooled[name]?.max() == greatest)
    }
    #expect(pooled["num"]?.count { $0 > 0 } == 509)
    // The reason for the minimum cell.
    #expect(pooled["sex"]?.count == 920)
  }

  @Test func heartDiseaseCompiles() throws {
    let study = try StudyLoader.load(path: Self.folder + "/study.yml")
    let program = try study.program()
    #expect(program.results.map(\.name) == ["overall", "prevalence"])
  }

  @Test func errorsInSQLNameTheStudysLine() throws {
    let text = try Sample.text(replacing: "COUNT(*) AS n", with: "COUNT(agee) AS n")
    let study = try StudyLoader.load(text: text, file: "s.yml")
    let error = #expect(throws: ParleyError.self) { try study.program() }
    #expect(error?.place?.file == "s.yml" && error?.place?.line == 29, "\(String(describing: error))")
  }

  @Test func heartDiseaseHasItsRules() throws {
    let study = try StudyLoader.load(path: Self.folder + "/study.yml")
    #expect(study.release.minimumCell == 5)
    #expect(study.tables[0].columns[1].labels == ["female", "male"])
    #expect(Set(study.computing.compactMap { study.party($0)?.organisation }).count == 3)
    let lines = try String(contentsOfFile: Self.folder + "/study.yml", encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    for query in study.queries {
      let first = try #require(query.sql.split(separator: "\n").first)
      #expect(lines[query.line - 1].hasSuffix(first))
    }
  }
}
