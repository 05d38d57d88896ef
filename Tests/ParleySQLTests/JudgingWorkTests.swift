import BigInt
import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Under a minimum every two conditions are compared, which is counted here.
@Suite struct JudgingWorkTests {
  private static let table = TableSchema(
    name: "t",
    columns: [
      .init(name: "c", type: .category(["n", "s", "e"]), isNullable: false),
      .init(name: "y", type: .integer(0...1000), isNullable: false),
      .init(name: "z", type: .integer(0...120), isNullable: false),
    ], holders: ["h"], maximumRows: 1000)

  private func compile(_ conditions: [String], _ work: JudgingWork) throws(ParleyError) -> Program {
    let queries = conditions.enumerated().map { place, condition in
      SQLQuery(
        name: "q\(place)", text: "SELECT c, COUNT(*) AS n, SUM(y) AS s FROM t WHERE \(condition) GROUP BY c")
    }
    return try SQLFrontEnd.compile(
      queries, tables: [Self.table], rules: ReleaseRules(minimumCell: 5, recipients: ["h"]), work)
  }

  /// Of different parts in every clause.
  private static func clause(_ place: Int, parts: Int) -> String {
    (0..<parts).map { "(z = \((7 * $0 + place) % 120) AND y > \(13 * $0 + place))" }.joined(separator: " OR ")
  }

  /// Parts of conditions are put in order by their words again and again, and into words once.
  @Test func wordsAreFoundOnce() throws {
    let work = JudgingWork()
    _ = try compile((0..<3).map { Self.clause($0, parts: 4) }, work)
    #expect(work.parts > 500 && work.parts <= JudgingWork.mostParts, "\(work.parts)")
    #expect(work.wordings < work.parts / 8, "\(work.wordings) of \(work.parts)")
  }

  /// What values conditions leave is looked for in so many cases, and where there are more the study is refused.
  @Test func casesAreBounded() throws {
    let error = try #require(throws: ParleyError.self) {
      try compile((0..<4).map { Self.clause($0, parts: 8) }, JudgingWork())
    }
    #expect(error.code.rawValue == "plan/too-large" && error.remedy?.isEmpty == false, "\(error)")
  }

  @Test(.timeLimit(.minutes(15))) func tooMuchIsRefused() throws {
    let work = JudgingWork()
    let error = try #require(throws: ParleyError.self) {
      try compile((0..<36).map { Self.clause($0, parts: 70) }, work)
    }
    #expect(error.code.rawValue == "plan/too-large", "\(error)")
    #expect(error.message.contains("parts together"), "\(error)")
    // It ends soon after.
    #expect(work.parts < 2 * JudgingWork.mostParts)
  }

  /// Of a program as well: what was left out is not taken for empty.
  @Test func programsAreRefused() throws {
    func judged(_ work: JudgingWork) throws {
      var builder = ProgramBuilder()
      let id = builder.table(.init(name: "t", holders: ["h"], maximumRows: 10))
      let all = builder.input(.init(table: id, column: "", role: .isValid, sort: .bit))
      var sets = ProgramSets(builder, id, Self.table, minimum: 3, areValuesJudged: false, work)
      try sets.read(ProgramStatistic(.count, mask: all, value: nil))
      try sets.finish()
      _ = try sets.counted()
      try sets.check()
    }
    try judged(JudgingWork())
    let work = JudgingWork()
    work.take(JudgingWork.mostParts + 1)
    #expect(throws: ProgramObjection.self) { try judged(work) }
  }

  /// Where there is room for few conditions and not for many.
  @Test func conditionsOfAProgramAreFewer() throws {
    func judged(conditions: Int, after parts: Int) throws -> Int {
      let work = JudgingWork()
      work.take(parts)
      var builder = ProgramBuilder()
      let id = builder.table(.init(name: "t", holders: ["h"], maximumRows: 10))
      let y = builder.input(.init(table: id, column: "y", role: .value, sort: .integer(Interval(0...1000))))
      let masks = try (0..<conditions).map {
        try builder.compare(.less, y, builder.constant(BigInt(100 * ($0 + 1))))
      }
      var sets = ProgramSets(builder, id, Self.table, minimum: 3, areValuesJudged: false, work)
      for mask in masks { try sets.read(ProgramStatistic(.count, mask: mask, value: nil)) }
      try sets.finish()
      _ = try sets.counted()
      try sets.check()
      return work.parts - parts
    }
    let (few, many) = (try judged(conditions: 2, after: 0), try judged(conditions: 9, after: 0))
    #expect(few < many)
    let parts = JudgingWork.mostParts - few
    let objection = try #require(throws: ProgramObjection.self) { try judged(conditions: 9, after: parts) }
    // Done here: reveal results of fewer conditions about the same columns
    #expect(objection.remedy == "reveal results of fewer conditions about the same columns")
    #expect(try judged(conditions: 2, after: parts) == few)
  }

  /// What the message says to do.
  @Test func oneClauseIsNoTrouble() throws {
    let one = Self.clause(0, parts: 70)
    _ = try compile(Array(repeating: one, count: 36), JudgingWork())
    _ = try compile(["y BETWEEN 10 AND 500", "z IN (1, 2, 3)"], JudgingWork())
  }
}
