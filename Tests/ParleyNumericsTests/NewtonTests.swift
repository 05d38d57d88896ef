import BigInt
import Foundation
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Newton's method with a carried inverse: logistic regressions against floating point, and certificates that fire.
@Suite struct NewtonTests {
  /// Seven variables of the four hospitals, complete cases with a recorded cholesterol; decimals as integers.
  static func heart() throws -> (columns: [[Int64]], outcome: [Int64]) {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    var columns = [[Int64]](repeating: [], count: 7), outcome: [Int64] = []
    for hospital in ["cleveland", "hungarian", "switzerland", "va"] {
      let file = root.appending(path: "Examples/heart-disease/\(hospital).csv")
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      let names = lines[0].split(separator: ",").map(String.init)
      let used = ["age", "sex", "trestbps", "chol", "thalach", "exang", "oldpeak"].map {
        names.firstIndex(of: $0)!
      }
      for line in lines.dropFirst() {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let values = used.compactMap { Double(cells[$0]) }
        guard values.count == 7, values[3] > 0, let disease = Int64(cells[names.count - 1]) else { continue }
        for (j, value) in values.enumerated() { columns[j].append(Int64((value * (j == 6 ? 10 : 1)).rounded())) }
        outcome.append(disease > 0 ? 1 : 0)
      }
    }
    return (columns, outcome)
  }

  static func model(_ columns: [[Int64]], _ outcome: [Int64], logRows: Int, passes: Int) -> LogisticModel {
    let one = [Int64](repeating: 1 << 20, count: outcome.count)
    return LogisticModel(
      columns: [one] + columns.map(LogisticModel.scaled), outcome: outcome, logRows: logRows, passes: passes)
  }

  private func check(
    _ model: LogisticModel, isCertain: Bool, at location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try model.build()
    let read = result.read(try result.sample.evaluate())
    #expect(read.isCertain == isCertain, sourceLocation: location)
    guard isCertain else { return }
    let reference = model.reference()
    let p = reference.errors.count
    for j in 0..<p {
      #expect(
        abs(read.coefficients[j] - reference.coefficients[j]) < 1e-6 * reference.errors[j],
        sourceLocation: location)
      let error = (read.inverse[j * p + j] / Double(1 << model.logRows)).squareRoot()
      #expect(abs(error / reference.errors[j] - 1) < 1e-6, sourceLocation: location)
    }
  }

  @Test func heartDisease() throws {
    let (columns, outcome) = try Self.heart()
    #expect(outcome.count > 600)
    try check(Self.model(columns, outcome, logRows: 10, passes: 7), isCertain: true)
  }

  /// Rows that a line does not separate.
  static func madeUp(_ rows: Int, seed: UInt64) -> (columns: [[Int64]], outcome: [Int64]) {
    var random = Numbers(seed)
    let x = (0..<rows).map { _ in Int64.random(in: -200...200, using: &random) }
    let w = (0..<rows).map { _ in Int64.random(in: 0...1, using: &random) }
    let outcome = (0..<rows).map {
      x[$0] + 100 * w[$0] + Int64.random(in: -300...300, using: &random) > 20 ? Int64(1) : 0
    }
    return ([x, w], outcome)
  }

  @Test(arguments: 1...5) func wellPosed(seed: Int) throws {
    let (columns, outcome) = Self.madeUp(60, seed: UInt64(seed))
    try check(Self.model(columns, outcome, logRows: 6, passes: 8), isCertain: true)
  }

  /// Too few passes; one class; a column twice; an outcome that a column tells; a constant column.
  @Test func certificates() throws {
    let (columns, outcome) = Self.madeUp(60, seed: 3)
    try check(Self.model(columns, outcome, logRows: 6, passes: 0), isCertain: false)
    try check(Self.model(columns, outcome.map { _ in 1 }, logRows: 6, passes: 8), isCertain: false)
    try check(Self.model(columns + [columns[0]], outcome, logRows: 6, passes: 8), isCertain: false)
    try check(Self.model(columns, columns[0].map { $0 > 0 ? 1 : 0 }, logRows: 6, passes: 8), isCertain: false)
    var model = Self.model(columns, outcome, logRows: 6, passes: 8)
    model.columns.append([Int64](repeating: 0, count: 60))
    try check(model, isCertain: false)
  }

  @Test func engines() throws {
    let (columns, outcome) = Self.madeUp(30, seed: 7)
    let result = try Self.model([columns[0]], outcome, logRows: 5, passes: 2).build()
    let expected = try result.sample.evaluate()
    #expect(try result.sample.run(ReplicatedFamily<UInt64>()) == expected)
    #expect(try result.sample.run(VerifiedReplicatedFamily<UInt64>()) == expected)
  }
}
