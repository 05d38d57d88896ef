import BigInt
import Parley
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyStudy
import Synchronization
import Testing

/// What a run opens of an analysis, as integers: before anything is decoded, and whatever a recipient's program would show.
struct OpenedAnalysis {
  enum Verdict: Equatable {
    case shown, withheld, notEstimable
  }
  let program: Program
  let values: [Program.DisclosureID: [BigInt]]

  init(_ world: AnalysisWorld) throws {
    program = try Self.program(of: world.study)
    values = try InsecurePlaintextEvaluator.evaluate(
      program, tables: world.study.schemas,
      data: ["people": [try world.data(world.north), try world.data(world.south)]])
  }

  /// Programs of studies by their hash: tests look at many tables of one study.
  private static let programs = Mutex<[String: Program]>([:])
  static func program(of study: Study) throws -> Program {
    let key = "\(study.studyHash)"
    if let known = programs.withLock({ $0[key] }) { return known }
    let program = try PreparedStudy(study).program
    programs.withLock { $0[key] = program }
    return program
  }

  private func bit(_ id: Program.DisclosureID?) -> Bool { id.flatMap { values[$0]?.first } == 1 }

  /// What becomes of the whole analysis. Unless it is shown everything that is opened is 0 but for the bits that say so, which are those of
  /// every table alike: also bits of values that are NULL, of rows that are hidden, and exponents.
  func verdict(at location: SourceLocation = #_sourceLocation) throws -> Verdict {
    let tables = program.results.filter { !$0.order.isEmpty && ($0.isWithheld != nil || $0.isNotEstimable != nil) }
    try #require(!tables.isEmpty, sourceLocation: location)
    let withheld = Set(tables.compactMap(\.isWithheld)), failed = Set(tables.compactMap(\.isNotEstimable))
    let isWithheld = tables.map { table in
      table.isWithheld.map { values[$0]?.allSatisfy { $0 == 1 } ?? false } ?? false
    }
    let isFailed = tables.map { bit($0.isNotEstimable) }
    let verdict: Verdict =
      isWithheld.allSatisfy(\.self) ? .withheld : isFailed.contains(true) ? .notEstimable : .shown
    guard verdict != .shown else {
      // A curve may hide times of its own, and no table is hidden by itself.
      #expect(isWithheld.contains(false), sourceLocation: location)
      return verdict
    }
    #expect(isFailed.allSatisfy { $0 == (verdict == .notEstimable) }, sourceLocation: location)
    for (id, opened) in values {
      let expected: BigInt =
        withheld.contains(id)
        ? (verdict == .withheld ? 1 : 0)
        : failed.contains(id) ? (verdict == .notEstimable ? 1 : 0) : 0
      let name = program.disclosures[id.rawValue].name
      #expect(
        opened.allSatisfy { $0 == expected }, "\(name) is opened as \(opened.prefix(4))", sourceLocation: location)
    }
    return verdict
  }
}

extension AnalysisWorld {
  /// What becomes of the only analysis of a study.
  static func verdict(
    _ text: String, _ rows: [[String]], at location: SourceLocation = #_sourceLocation
  ) throws -> OpenedAnalysis.Verdict {
    try OpenedAnalysis(AnalysisWorld(text, rows: rows)).verdict(at: location)
  }
}
