package import BigInt
package import ParleyBase
package import ParleyClear
package import ParleyProgram
import ParleySQL
internal import ParleyTesting

/// Tries to break the rules of release: random studies that aim at one record or one person, and what follows about few units
/// from the numbers that such a study opens.
///
/// It knows the definition in `docs/proofs/suppression.md` and nothing of how it is enforced.
package enum ReleaseAttack {
  /// One query, and what its columns are.
  package struct Question: Sendable {
    /// SQL.
    package var text: String
    /// By selected column.
    package var columns: [OpenedColumn]
    /// Which rows there are depends on numbers.
    package var isChoosing: Bool
    /// Counts by the same keys as this query, as SQL: of the rows in which a condition holds that stands in the
    /// argument of a statistic. Where such a count is of few units, nothing that is shown of the row may tell it, whatever
    /// the statistic makes of the condition.
    package var secrets: [String]
    /// What its statistics rest on, where it was stated.
    package var behind: SuppressionMeasure.Behind?
    /// A question; see the properties.
    package init(text: String, columns: [OpenedColumn], isChoosing: Bool = false, secret: String? = nil) {
      self.text = text
      self.columns = columns
      self.isChoosing = isChoosing
      secrets = secret.map { [$0] } ?? []
    }
  }

  /// A random study.
  package struct Study: Sendable, CustomStringConvertible {
    /// What everything follows from; 0 of studies that were written by hand.
    package let seed: UInt64
    /// How it aims at few units.
    package let trick: String
    /// Whether it aims at nobody, and ought to be answered.
    package let isHarmless: Bool
    /// Of its rules.
    package let minimum: Int
    /// A released row must not rest on one unit, whatever the minimum is.
    var least: Int { max(2, minimum) }
    /// The declared shapes.
    package private(set) var tables: [TableSchema]
    /// By table, then holder.
    package let data: [String: [TableData]]
    /// What it asks.
    package fileprivate(set) var questions: [Question]
    /// Constants that it puts into sums to take them out again.
    package let offsets: [BigInt]
    /// The base in which every unit has a digit of its own in sums; nil where there is none.
    package let packing: BigInt?
    /// What it computes from several numbers, with the places of questions and of their selected columns.
    private let combinations: [OpenedCombination]
    /// Ranges that it looks for numbers of, with such places.
    private let bands: [OpenedBands]

    /// - Parameter trick: nil for any but ``ReleaseAttack/wholeDialect``.
    package init(seed: UInt64, trick: String? = nil) {
      if let shape = AttackShape.all.first(where: { $0.name == trick }) {
        self.init(seed: seed, shape: shape)
      } else {
        self =
          trick == ReleaseAttack.wholeDialect ? Study(grammar: seed) : Study(seed: seed, tricksNamed: trick)
      }
    }

    private init(seed: UInt64, shape: AttackShape) {
      var writer = ShapeWriter(random: InsecureRandom(seed: seed, 0x5ba9e))
      shape.write(&writer)
      (minimum, tables, data) = (writer.minimum, writer.tables, writer.data)
      (questions, combinations, bands) = (writer.questions, writer.combinations, writer.bands)
      (offsets, packing) = ([], nil)
      self.seed = seed
      trick = shape.name
      isHarmless = false
    }

    private init(seed: UInt64, tricksNamed trick: String?) {
      var random = InsecureRandom(seed: seed)
      let isHarmless = random.chance(30)
      var tricks = isHarmless ? AttackTrick.harmless : AttackTrick.all
      // Those that have many forms more often.
      if !isHarmless, random.chance(40) { tricks = AttackTrick.composed + AttackTrick.conditional }
      if !isHarmless, seed % 8 == 7 { tricks = AttackTrick.copies }
      if let trick {
        tricks = (AttackTrick.all + AttackTrick.copies + AttackTrick.harmless).filter { $0.name == trick }
      }
      let chosen = random.pick(tricks)
      let onPersons = chosen.onPersons ?? random.chance(40)
      minimum = Int.random(in: 2...5, using: &random)
      var own = chosen.own
      if own == .target, onPersons { own = .person }
      let tables = AttackTables(minimum: minimum, own: own, &random)
      var writer = AttackWriter(random: random, minimum: minimum, tables: tables, onPersons: onPersons)
      questions = chosen.write(&writer)
      offsets = writer.offsets
      packing = own == .weights ? BigInt(AttackTables.base) : nil
      (combinations, bands) = ([], [])
      self.seed = seed
      self.trick = chosen.name
      self.isHarmless = AttackTrick.harmless.contains { $0.name == chosen.name }
      (self.tables, data) = (tables.schemas, tables.data)
    }

    private init(grammar seed: UInt64) {
      var random = InsecureRandom(seed: seed, 0x9a3)
      minimum = Int.random(in: 2...5, using: &random)
      let tables = GrammarTables(&random)
      var grammar = AttackGrammar(tables: tables, random: random)
      questions = grammar.questions()
      offsets = grammar.offsets.sorted().map { BigInt($0) }
      packing = nil
      (combinations, bands) = ([], [])
      self.seed = seed
      trick = ReleaseAttack.wholeDialect
      isHarmless = false
      (self.tables, data) = (tables.schemas, tables.data)
    }

    /// A study that was written by hand.
    package init(
      name: String, minimum: Int, tables: [TableSchema], data: [String: [TableData]], questions: [Question]
    ) {
      seed = 0
      trick = name
      isHarmless = false
      self.minimum = minimum
      (self.tables, self.data, self.questions) = (tables, data, questions)
      offsets = []
      packing = nil
      (combinations, bands) = ([], [])
    }

    /// The same with a table whose rows are units by a column that is unique in it.
    package func withUnits(of name: String, unit: String, column: String) -> Study {
      var changed = self
      for index in tables.indices where tables[index].name == name {
        changed.tables[index].protection = .units(name: unit, column: column)
      }
      return changed
    }

    package var description: String {
      "\(trick), seed \(seed), minimum \(minimum): \(questions.map(\.text).joined(separator: " ;; "))"
    }

    /// With the places of opened columns.
    fileprivate func combinations(opened program: Program) -> [OpenedCombination] {
      combinations.map { combination in
        var combination = combination
        for index in combination.terms.indices {
          let term = combination.terms[index]
          combination.terms[index].column = program.results[term.result].order[term.column]
        }
        return combination
      }
    }
    fileprivate func bands(opened program: Program) -> [OpenedBands] {
      bands.map { bands in
        func opened(_ place: (result: Int, column: Int)) -> (result: Int, column: Int) {
          (place.result, program.results[place.result].order[place.column])
        }
        return OpenedBands(
          counts: opened(bands.counts), sums: opened(bands.sums), width: bands.width, greatest: bands.greatest)
      }
    }

    /// - Parameter minimum: nil for the study's own.
    package func program(minimum: Int? = nil) throws(ParleyError) -> Program {
      try SQLFrontEnd.compile(
        questions.enumerated().map { SQLQuery(name: "q\($0)", text: $1.text) }, tables: tables,
        rules: ReleaseRules(
          minimumCell: minimum ?? self.minimum, recipients: ["analyst"], allowsRowRelease: minimum == 0))
    }
  }

  /// Studies that ``AttackGrammar`` writes.
  package static let wholeDialect = "whole dialect"

  /// Forms that once told too much, by name: in studies that are drawn at random, these are drawn beside the other tricks.
  package static var shapes: [String] { AttackShape.all.map(\.name) }

  /// All tricks, by name.
  package static var tricks: [String] {
    (AttackTrick.all + AttackTrick.copies).map(\.name) + shapes + [wholeDialect]
  }

  /// What became of one study.
  package enum Outcome: Sendable {
    /// The rules refused the study, with this code.
    case refused(code: String)
    /// The study was answered; what was found in it, and how many numbers were shown and withheld.
    case judged(hits: [InfluenceTest.Hit], shown: Int, withheld: Int)
    /// A mistake of the program: an internal error, or one that only a run noticed.
    case fault(String)
  }

  /// - Parameter isJudged: false compiles the study without a minimum, and looks for what its own minimum would forbid.
  package static func outcome(of study: Study, isJudged: Bool = true) -> Outcome {
    let program: Program
    var reference: Program?
    do throws(ParleyError) { reference = try study.program(minimum: 0) } catch { reference = nil }
    do throws(ParleyError) {
      program = try study.program(minimum: isJudged ? nil : 0)
    } catch {
      let code = error.code.rawValue
      return code.hasPrefix("sql/") || code.hasPrefix("plan/") ? .refused(code: code) : .fault("\(error)")
    }
    do throws(ParleyError) {
      var test = try InfluenceTest(
        program: program, reference: reference, database: UnitDatabase(tables: study.tables, data: study.data),
        minimum: study.least, columns: columns(of: program, study.questions))
      test.offsets = study.offsets
      test.packing = study.packing
      test.united = InfluenceTest.united(in: study.questions.map(\.text), study.tables)
      test.choosing = Set(study.questions.indices.filter { study.questions[$0].isChoosing })
      test.combinations = study.combinations(opened: program)
      test.bands = study.bands(opened: program)
      let hits = try test.hits() + secretHits(study, test)
      return .judged(hits: hits, shown: test.base.values.count, withheld: test.withheldCount)
    } catch {
      // Made-up rows that break what a query of the whole dialect assumes: nothing is opened.
      let code = error.code.rawValue
      return study.trick == wholeDialect && code == "data/requirement" ? .refused(code: code) : .fault("\(error)")
    }
  }

  /// Rows that show a statistic of a condition that holds for few units, found out by counting them.
  private static func secretHits(_ study: Study, _ test: InfluenceTest) throws(ParleyError) -> [InfluenceTest.Hit]
  {
    var hits: [InfluenceTest.Hit] = []
    for (number, question) in study.questions.enumerated() {
      for secret in question.secrets {
        var count = study
        let keys = question.columns.filter { $0 == .key }
        count.questions = [Question(text: secret, columns: keys + [.linear(tag: "COUNT")])]
        let program = try count.program(minimum: 0)
        let told = try InfluenceTest(
          program: program, reference: program, database: test.database, minimum: study.least,
          columns: columns(of: program, count.questions))
        for hit in try told.hits() where hit.kind == .few {
          guard let place = hit.place,
            let shown = test.base.values.first(where: { $0.key.result == number && $0.key.row == place.row })
          else { continue }
          hits.append(
            .init(
              kind: .condition,
              what: "\(secret), behind what q\(number) shows of (\(place.row.joined(separator: ", ")))",
              value: String(shown.value), units: hit.units))
        }
      }
    }
    return hits
  }

  /// What the result columns are, from what the selected ones are.
  package static func columns(of program: Program, _ questions: [Question]) -> [[OpenedColumn]] {
    zip(program.results, questions).map { result, question in
      var columns = result.columns.map { _ in OpenedColumn.processed }
      for (position, index) in result.order.enumerated()
      where index >= 0 && question.columns.indices.contains(position) {
        columns[index] = question.columns[position]
        if case .mean(let count?) = question.columns[position] {
          columns[index] = .mean(count: result.order[count])
        }
      }
      return columns
    }
  }
}
