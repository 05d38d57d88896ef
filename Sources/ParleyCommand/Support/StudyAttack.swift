import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleyStudy

/// Tries whether what a study opens tells about fewer units than its minimum, on made-up data: many small tables, each
/// evaluated in the clear with and without every unit.
struct StudyAttack {
  /// What was found, once for each number.
  struct Finding: Encodable {
    var kind: String
    var number: String
    var value: String
    var units: [String]
    /// `--seed` of a first trial that finds it.
    var seed: UInt64
    var trials: Int
  }
  struct Report: Encodable {
    var trials = 0
    var seed: UInt64
    var minimum: Int
    /// Trials whose made-up rows break what a query assumes, so that nothing would be opened.
    var refused = 0
    var numbersShown = 0
    var numbersWithheld = 0
    /// Tables with `protect: none`, of which nothing is withheld: what is told of their rows is not looked at.
    var unprotectedTables: [String] = []
    var findings: [Finding] = []
  }

  let study: Study
  private let program: Program
  private let reference: Program?
  private let minimum: Int
  private let unprotected: [String]
  private let columns: [[OpenedColumn]]
  /// Results whose rows depend on numbers.
  private let choosing: Set<Int>
  /// Rows of a table, all holders together, with which it begins.
  private static let fewestRows = 6
  private var mostRows: Int
  /// Columns in which rows of several tables meet.
  private let pools: SyntheticPools

  /// - Parameter mostRows: of a table, all holders together; 6 or more.
  /// - Throws: `usage/arguments` where the study withholds nothing, as where no table is protected.
  init(_ study: Study, program: Program, mostRows: Int) throws(ParleyError) {
    self.mostRows = mostRows
    self.study = study
    pools = SyntheticPools(study)
    self.program = program
    let rules = study.rules
    minimum = rules.allowsRowRelease ? rules.minimumCell : max(2, rules.minimumCell)
    guard minimum > 1 else {
      throw ParleyError(
        .usage, "the study withholds nothing: 'rows: allowed' and a minimum cell of \(rules.minimumCell)",
        remedy: "set 'minimum-cell' to the number of units that a released number must rest on")
    }
    unprotected = study.schemas.filter { $0.protection == .nothing }.map(\.name)
    guard unprotected.count < study.schemas.count else {
      throw ParleyError(
        .usage, "the study withholds nothing: every table has 'protect: none', whatever 'minimum-cell' says",
        remedy: "remove 'protect: none' of the tables whose rows the minimum of \(minimum) is to protect")
    }
    guard study.computingAnalyses.isEmpty else {
      throw ParleyError(
        .usage,
        "what single rows change in queries can be tried, and not in analyses that compute with rows: \(study.computingAnalyses.joined(separator: ", "))",
        remedy: "try a copy of the study without these analyses")
    }
    let queries = try study.allQueries()
    let texts = queries.map { QueryWords($0) }
    // Counts of what a subquery makes are no counts of a table's rows.
    columns = zip(OpenedNumbers.columns(of: program), texts).map { columns, text in
      columns.map { $0 == .linear(tag: "COUNT") && text.hasSubquery ? .linear(tag: "ROWS") : $0 }
    }
    choosing = Set(
      texts.indices.filter { !texts[$0].words.isDisjoint(with: ["HAVING", "LIMIT", "OFFSET", "OVER"]) })
    var open = rules
    open.minimumCell = 0
    open.allowsRowRelease = true
    // A query that only a minimum makes possible has no reference; the program itself is tried then.
    reference = try? SQLFrontEnd.compile(queries, tables: study.schemas, rules: open)
  }

  /// - Parameter notice: is told of every trial.
  func run(trials: Int, seed: UInt64, notice: AttackNotice) throws(ParleyError) -> Report {
    defer { notice.end() }
    var report = Report(seed: seed, minimum: minimum, unprotectedTables: unprotected)
    for trial in 0..<trials {
      let own = seed &+ UInt64(trial)
      report.trials += 1
      do throws(ParleyError) {
        let database = UnitDatabase(tables: study.schemas, data: try data(seed: own))
        var test = try InfluenceTest(
          program: program, reference: reference, database: database, minimum: minimum, columns: columns)
        test.choosing = choosing
        test.united = InfluenceTest.united(in: try study.allQueries().map(\.text), study.schemas)
        report.numbersShown += test.base.values.count
        report.numbersWithheld += test.withheldCount
        for hit in try test.hits() where !hit.isConceded {
          note(hit, seed: own, &report)
        }
      } catch {
        guard error.code.rawValue == "data/requirement" else { throw error }
        report.refused += 1
      }
      notice.update(done: report.trials, findings: report.findings.count)
    }
    return report
  }

  /// Rows with which the same trials show something, where more of them do.
  ///
  /// - Parameter limit: most that may be asked for.
  func rowsThatShow(trials: Int, seed: UInt64, limit: Int) throws(ParleyError) -> Int? {
    for rows in Set([min(limit, mostRows * 5), limit]).sorted() where rows > mostRows {
      var more = self
      more.mostRows = rows
      for trial in 0..<min(trials, Self.triedForAdvice) where try more.shows(seed: seed &+ UInt64(trial)) {
        return rows
      }
    }
    return nil
  }
  private static let triedForAdvice = 50

  private func shows(seed: UInt64) throws(ParleyError) -> Bool {
    do throws(ParleyError) {
      let database = UnitDatabase(tables: study.schemas, data: try data(seed: seed))
      let test = try InfluenceTest(
        program: program, reference: nil, database: database, minimum: minimum, columns: columns)
      return !test.base.values.isEmpty
    } catch {
      guard error.code.rawValue == "data/requirement" else { throw error }
      return false
    }
  }

  private func note(_ hit: InfluenceTest.Hit, seed: UInt64, _ report: inout Report) {
    // One number of a grouping stands for all its groups.
    let number = hit.what.split(separator: "(", maxSplits: 1).first.map(String.init) ?? hit.what
    if let index = report.findings.firstIndex(where: { $0.kind == hit.kind.rawValue && $0.number == number }) {
      if report.findings[index].seed != seed { report.findings[index].trials += 1 }  // public: of made-up rows
      return
    }
    report.findings.append(
      Finding(
        kind: hit.kind.rawValue, number: number, value: shown(hit), units: hit.units.map(words), seed: seed,
        trials: 1))
  }

  /// A number as its column would show it.
  private func shown(_ hit: InfluenceTest.Hit) -> String {
    guard let place = hit.place, let number = BigInt(hit.value) else { return hit.value }
    return (try? program.results[place.result].columns[place.column].format.text(of: number)) ?? hit.value
  }

  /// "patient 17", or where rows are the units "row 2 of north's visits".
  private func words(_ unit: UnitDatabase.Unit) -> String {
    let place = unit.name.split(separator: ".").compactMap { Int($0) }
    guard unit.kind.hasPrefix("."), place.count == 2,
      let table = study.schemas.first(where: { $0.name == unit.kind.dropFirst() }),
      table.holders.indices.contains(place[0])
    else { return unit.description }
    return "row \(place[1] + 1) of \(table.holders[place[0]])'s \(table.name)"
  }

  /// What was found, in the words of `docs/guide-consortium.md`.
  static func explanation(_ kind: InfluenceTest.Hit.Kind) -> String {
    switch kind {
    case .few: "the number is made up by so few units"
    case .difference: "two numbers, and one less the other is made up by so few units"
    case .remainder: "a total and its parts, and the total less the parts is made up by so few units"
    case .withheldTotal:
      "the number of a table's rows is public, and less the counts that are shown it is the count of so few units in withheld groups"
    case .filteredTotal:
      "the number of a table's rows is public, and less the counts that are shown it is the count of so few units that WHERE leaves out"
    case .condition: "the statistic rests on a condition that holds for so few units"
    case .combination: "several numbers, and what is computed from them is made up by so few units"
    case .band: "a sum of a column and counts of its ranges, and by both so few units are in a withheld range"
    case .digit: "a sum holds several numbers as its digits, and one of them is made up by so few units"
    case .group: "so few units stand behind a row of the result"
    case .record: "a smallest or largest value of a table whose owners did not allow extremes"
    case .quantile: "a quantile with so few values below or above it"
    case .distinct: "a number of different values that so few units bring"
    case .processed:
      "a number computed from others, or with a condition in it, that changes with so few units only"
    case .told: "what the keys of its row tell already"
    case .hidden: "something was opened where nothing is shown"
    }
  }

  /// Made-up rows in which values meet: few different ones in every column that is no key.
  private func data(seed: UInt64) throws(ParleyError) -> [String: [TableData]] {
    var data: [String: [TableData]] = [:]
    var random = InsecureSplitMix(seed: seed)
    // What meets in tables depends on the rows of all of them.
    let drawn = pools.isEmpty ? nil : study.schemas.map { rows($0, using: &random) }
    let pools = pools.pools(rows: drawn ?? study.schemas.map { _ in 0 })
    for (index, table) in study.schemas.enumerated() {
      let all = drawn?[index] ?? rows(table, using: &random)
      let share = table.holders.indices.map { (all + $0) / table.holders.count }
      var parts: [TableData] = []
      for holder in table.holders.indices {
        var part = try SyntheticData.make(
          complete(table), rows: share.map { min($0, table.padTo ?? $0) }, holder: holder,
          seed: seed &+ UInt64(index * 1000), pools: pools[index])
        for place in table.columns.indices
        where table.columns[place].isNullable && part.columns[place].isNull.isEmpty {
          part.columns[place].isNull = Array(repeating: false, count: part.rowCount)
        }
        // Few people with very many rows, or more of them with several, or with one or two each.
        let units = [2 + Int(seed % 5), part.rowCount - part.rowCount / 3, part.rowCount / 5, part.rowCount / 3][
          Int(seed % 4)]
        crowd(&part, table, among: 2 + Int(seed % 5), units: units, using: &random)
        parts.append(part)
      }
      data[table.name] = parts
    }
    return data
  }

  private func rows(_ table: TableSchema, using random: inout InsecureSplitMix) -> Int {
    min(
      Int.random(in: Self.fewestRows...mostRows, using: &random), table.maximumRows, SyntheticData.mostRows(table))
  }

  /// Where it may be told how many values are missing, none are, so that nothing is found that rests on it.
  private func complete(_ table: TableSchema) -> TableSchema {
    guard table.tellsMissingValues else { return table }
    var table = table
    for place in table.columns.indices { table.columns[place].isNullable = false }
    return table
  }

  /// Every column has the values of its first rows alone, each column for itself: columns that follow from one another tell more
  /// than the rules promise.
  private func crowd(
    _ part: inout TableData, _ table: TableSchema, among few: Int, units: Int, using random: inout InsecureSplitMix
  ) {
    let keys = Set(table.uniqueKeys.joined()).union(table.rowLimits.flatMap(\.columns))
    for (index, column) in table.columns.enumerated() where !keys.contains(column.name) {
      let different = table.repeatsUnits(by: column.name) ? max(1, units) : few
      for row in 0..<part.rowCount where row >= different {
        let from = Int.random(in: 0..<different, using: &random)
        if !part.columns[index].isNull.isEmpty {
          part.columns[index].isNull[row] = part.columns[index].isNull[from]
        }
        if part.columns[index].texts.isEmpty {
          part.columns[index].values[row] = part.columns[index].values[from]
        } else {
          part.columns[index].texts[row] = part.columns[index].texts[from]
        }
      }
    }
  }
}

extension StudyAttack.Report {
  /// For people.
  var text: [String] {
    var lines = [
      "\(counted(trials, "trial")) from seed \(seed), minimum \(minimum): \(counted(numbersShown, "number")) shown, \(numbersWithheld) withheld"
    ]
    if refused > 0 {
      lines.append("\(counted(refused, "trial")) opened nothing: made-up rows broke what a query assumes")
    }
    for finding in findings {
      let units = finding.units.isEmpty ? "" : " (\(finding.units.joined(separator: ", ")))"
      let words = InfluenceTest.Hit.Kind(rawValue: finding.kind).map(StudyAttack.explanation) ?? finding.kind
      lines.append(
        VisibleText.line(
          "\(finding.kind): \(finding.number) = \(finding.value): \(words)\(units) [--seed \(finding.seed) --trials 1; \(counted(finding.trials, "trial"))]"
        ))
    }
    if !findings.isEmpty {
      lines.append("\"q.n\" is the column n of the result q; rows and units are made up and nobody's")
    }
    let names = unprotectedTables.map { "'\(VisibleText.line($0))'" }.joined(separator: ", ")
    if !unprotectedTables.isEmpty {
      lines.append(
        "not looked at: \(names), which \(unprotectedTables.count == 1 ? "has" : "have") 'protect: none': numbers may rest on a single row there"
      )
    }
    if findings.isEmpty, numbersShown > 0 {
      lines.append(
        "no number rests on fewer than \(minimum) units"
          + (unprotectedTables.isEmpty ? "" : " of the other tables"))
    }
    return lines
  }
}
