import Parley
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyProgram
import ParleyStudy
import ParleyTesting
import Testing

/// A small model as a program of which every message can be looked at and changed.
struct AttackedModel {
  let kind: ModelKind
  let predictors: String
  let more: String
  let rows: Int

  private var text: String {
    kind.text(predictors, more: more, rows: rows).replacing("holders: [north, south]", with: "holders: [north]")
      .replacing("  - {name: south, organisation: South}\n", with: "")
  }
  private func loaded(_ rows: [ModelRow]) throws -> (world: AnalysisWorld, program: Program) {
    let world = try AnalysisWorld(text, rows: rows.map(\.cells))
    return (world, try PreparedStudy(world.study).program)
  }
  func world<F: EngineFamily>(_ family: F, _ rows: [ModelRow], seed: UInt64) throws -> AttackWorld<F> {
    let (world, program) = try loaded(rows)
    return try AttackWorld(
      family, program, tables: world.study.schemas, data: ["people": try world.data(world.north)], seed: seed)
  }
  /// What the plaintext evaluator makes of the same program, by disclosure.
  func opened(_ rows: [ModelRow]) throws -> [DecodedTable] {
    let (world, program) = try loaded(rows)
    return try InsecurePlaintextEvaluator.results(
      program, tables: world.study.schemas, data: ["people": [try world.data(world.north)]])
  }
  /// The same of what principals of an attacked world received.
  func decoded(_ values: [ClearValues], _ rows: [ModelRow]) throws -> [DecodedTable] {
    try TableExecutor.tables(
      of: try loaded(rows).program, opened: Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0, $1) }))
  }
  func verdict(_ rows: [ModelRow]) throws -> OpenedAnalysis.Verdict {
    let tables = try opened(rows)
    let texts = tables.flatMap { $0.rows.flatMap { $0.map(\.text) } }
    return texts.contains("not estimable") ? .notEstimable : texts.contains("withheld") ? .withheld : .shown
  }
}
