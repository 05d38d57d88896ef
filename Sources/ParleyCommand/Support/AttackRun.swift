import Parley
import ParleyBase
import ParleyProgram
import ParleySQL
import ParleyStudy

/// What `parley study attack` does: tries a study, prints what was found, and ends with an error where something was, or where nothing
/// could be.
package struct AttackRun {
  /// Path of the study file.
  package var study: String
  /// Made-up tables that are tried, 1 to 1,000,000.
  package var trials: Int
  /// Most rows of each table, all holders together, 6 to 200.
  package var rows: Int
  /// Of the made-up rows of the first trial.
  package var seed: UInt64
  /// Prints JSON instead of lines.
  package var isJSON: Bool
  /// False computes the queries without the rules of release, and looks for what the study's minimum would forbid: so tests reach what is said of a
  /// finding, which no study with rules has.
  package var isJudged: Bool
  private static let mostRows = 200

  /// A run; see the properties.
  package init(
    study: String, trials: Int = 200, rows: Int = 24, seed: UInt64 = 1, isJSON: Bool = false, isJudged: Bool = true
  ) {
    (self.study, self.trials, self.rows, self.seed) = (study, trials, rows, seed)
    (self.isJSON, self.isJudged) = (isJSON, isJudged)
  }

  /// Tries, and prints.
  ///
  /// - Parameter output: is given all lines at once, before anything is thrown.
  /// - Throws: `plan/release-attack` where a number rests on fewer units than the minimum, `plan/nothing-tried` where none was shown,
  ///   `usage/arguments`, and whatever is wrong with the study.
  package func run(output: ([String]) throws -> Void) throws {
    guard (1...1_000_000).contains(trials) else {
      throw ParleyError(
        .usage, "--trials \(trials) is not from 1 to 1000000", remedy: "give such a number, as --trials 200")
    }
    guard (6...Self.mostRows).contains(rows) else {
      throw ParleyError(
        .usage, "--rows \(rows) is not from 6 to \(Self.mostRows)", remedy: "give such a number, as --rows 100")
    }
    let attack = try attack()
    let report = try attack.run(trials: trials, seed: seed, notice: AttackNotice(trials: trials))
    try output(isJSON ? Console.split(try Console.json(report)) : report.text)
    guard report.findings.isEmpty else {
      throw ParleyError(
        .init("plan/release-attack"),
        "\(counted(report.findings.count, "number")) of the results can rest on fewer than \(report.minimum) units",
        remedy: "leave them out of the study, and report them as a mistake in Parley's release rules")
    }
    guard report.numbersShown == 0 else { return }
    let other = "in a copy of the study, fewer groups or a smaller 'minimum-cell'"
    let isShort = attack.study.schemas.contains { $0.maximumRows < Self.mostRows }
    let more = try attack.rowsThatShow(trials: trials, seed: seed, limit: Self.mostRows)
    throw ParleyError(
      .init("plan/nothing-tried"),
      report.refused == report.trials
        ? "nothing was tried: in every trial the made-up rows broke what a query assumes"
        : "nothing was tried: every number was withheld in every trial",
      remedy: more.map { "make more rows: --rows \($0); or, \(other)" }
        ?? "more rows than \(rows) do not help here; try, \(other)"
        + (isShort ? ", or a larger 'maximum-rows'" : ""))
  }

  private func attack() throws -> StudyAttack {
    guard !isJudged else {
      let prepared = try StudyFiles.prepare(study)
      return try StudyAttack(prepared.study, program: prepared.program, mostRows: rows)
    }
    let loaded = try StudyLoader.load(path: study)
    var open = loaded.rules
    open.minimumCell = 0
    open.allowsRowRelease = true
    let program = try SQLFrontEnd.compile(try loaded.allQueries(), tables: loaded.schemas, rules: open)
    return try StudyAttack(loaded, program: program, mostRows: rows)
  }
}
