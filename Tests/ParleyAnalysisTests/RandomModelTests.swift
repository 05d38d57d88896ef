import Foundation
import Parley
import ParleyAnalysis
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyStudy
import Testing

/// Random problems that have an optimum which Newton's method finds: certificates let each of them pass, and estimates are those of floating point.
/// 1,000 of each kind; `PARLEY_SAMPLE_TESTS` takes a few.
@Suite struct RandomModelTests {
  static let isSample = ProcessInfo.processInfo.environment["PARLEY_SAMPLE_TESTS"] != nil
  static let count = isSample ? 8 : 1000

  private struct Numbers {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    mutating func uniform() -> Double { (Double(next(1_000_000)) + 0.5) / 1_000_000 }
    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
  }
  struct Problem {
    var columns: [[Int]]
    var logistic: [Int]
    var linear: [Int]
  }
  /// Two numbers that may depend on each other, a condition, an outcome of either kind.
  private static func problem(_ numbers: inout Numbers) -> Problem {
    let rows = 30 + numbers.next(34)
    let spread = Double(5 + numbers.next(200)), other = Double(5 + numbers.next(200))
    let shared = numbers.uniform() * 0.95, share = 0.2 + 0.6 * numbers.uniform()
    let b = (0..<3).map { _ in numbers.normal() * 0.8 }, level = numbers.normal()
    var problem = Problem(columns: [[], [], []], logistic: [], linear: [])
    for _ in 0..<rows {
      let x = numbers.normal(), v = shared * x + (1 - shared * shared).squareRoot() * numbers.normal()
      let w = numbers.uniform() < share ? 1 : 0
      let eta = level + b[0] * x + b[1] * v + b[2] * Double(w)
      problem.columns[0].append(max(-900, min(900, Int((x * spread).rounded()))))
      problem.columns[1].append(max(-900, min(900, Int((v * other).rounded()))))
      problem.columns[2].append(w)
      problem.logistic.append(numbers.uniform() < 1 / (1 + exp(-eta)) ? 1 : 0)
      problem.linear.append(max(-900, min(900, Int((100 * (eta + numbers.normal())).rounded()))))
    }
    return problem
  }
  /// Columns with mean 0 and deviation 1, a constant first; nil where one has no variation.
  private static func standardised(_ problem: Problem) -> (z: [[Double]], scales: [Double])? {
    var z = [[Double](repeating: 1, count: problem.logistic.count)], scales: [Double] = []
    for column in problem.columns {
      let mean = Double(column.reduce(0, +)) / Double(column.count)
      let deviation = (column.reduce(0.0) { $0 + pow(Double($1) - mean, 2) } / Double(column.count)).squareRoot()
      guard deviation > 0.1 else { return nil }
      z.append(column.map { (Double($0) - mean) / deviation })
      scales.append(deviation)
    }
    return (z, scales)
  }
  /// The coefficients but the constant and their errors in the units of the columns; nil where the optimum is not found in six passes, or far away, or
  /// where columns nearly depend on each other.
  private static func fit(_ problem: Problem, isLogistic: Bool) -> (estimates: [Double], errors: [Double])? {
    guard let (z, scales) = standardised(problem) else { return nil }
    let rows = problem.logistic.count, p = z.count
    var b = [Double](repeating: 0, count: p), inverse: [[Double]] = [], step = 1.0, rest = 0.0
    for _ in 0..<(isLogistic ? 6 : 2) {
      var slope = b.map { _ in 0.0 }, curve = b.map { _ in slope }
      rest = 0
      for row in 0..<rows {
        let eta = (0..<p).reduce(0.0) { $0 + z[$1][row] * b[$1] }
        let mu = isLogistic ? 1 / (1 + exp(-eta)) : eta
        let difference = mu - Double(isLogistic ? problem.logistic[row] : problem.linear[row])
        rest += difference * difference
        for j in 0..<p {
          slope[j] += z[j][row] * difference
          for k in 0..<p { curve[j][k] += z[j][row] * z[k][row] * (isLogistic ? mu * (1 - mu) : 1) }
        }
      }
      guard curve[0][0] > 1e-3 * Double(rows) else { return nil }
      inverse = LogisticTests.inverse(curve)
      step = 0
      for j in 0..<p {
        let move = (0..<p).reduce(0.0) { $0 + inverse[j][$1] * slope[$1] }
        b[j] -= move
        step = max(step, abs(move) / max(1e-9, inverse[j][j]).squareRoot())
      }
    }
    let largest = (0..<p).map { inverse[$0][$0] * Double(rows) }.max() ?? 0
    guard !isLogistic || (step < 1e-4 && b.allSatisfy { abs($0) < 8 }), largest < 300 else { return nil }
    let variance = isLogistic ? 1 : rest / Double(rows - p)
    guard variance > 0 else { return nil }
    return (
      (1..<p).map { b[$0] / scales[$0 - 1] },
      (1..<p).map { (variance * inverse[$0][$0]).squareRoot() / scales[$0 - 1] }
    )
  }

  @Test(arguments: [true, false]) func wellPosedProblemsPass(isLogistic: Bool) throws {
    let columns = [
      "{name: x, type: int, range: [-1000, 1000]}", "{name: v, type: int, range: [-1000, 1000]}",
      "{name: w, type: bool}", isLogistic ? "{name: y, type: bool}" : "{name: y, type: int, range: [-1000, 1000]}",
    ]
    let kind = isLogistic ? "logistic, iterations: 10" : "linear"
    let text = AnalysisWorld.text(
      "  - {name: m, table: people, kind: \(kind), outcome: y, predictors: [x, v, w]}", columns: columns
    ).replacing("maximum-rows: 1000", with: "maximum-rows: 64")
    let prepared = try PreparedStudy(StudyLoader.load(text: text, file: "s.yml"))
    var numbers = Numbers(state: isLogistic ? 41 : 43)
    var done = 0, drawn = 0
    while done < Self.count {
      drawn += 1
      let problem = Self.problem(&numbers)
      guard let reference = Self.fit(problem, isLogistic: isLogistic) else { continue }
      done += 1
      let outcome = isLogistic ? problem.logistic : problem.linear
      let data = TableData(
        rowCount: outcome.count,
        columns: (problem.columns + [outcome]).map { .init(values: $0.map(Int64.init), isNull: []) })
      let tables = try InsecurePlaintextEvaluator.results(
        prepared.program, tables: prepared.study.schemas, data: ["people": [data]])
      let completed = DerivedColumns.completed(tables, prepared.program.results)
      let table = try LogisticTests.numbers(completed.first { $0.name == "m.coefficients" })
      guard let estimates = table["estimate"], let errors = table["std.err"] else {
        Issue.record("problem \(done), \(outcome.count) rows: not estimable")
        continue
      }
      for j in 0..<3 {
        let error = reference.errors[j]
        #expect(
          abs(estimates[j + 1] - reference.estimates[j]) < max(1e-6 * abs(reference.estimates[j]), 2e-3 * error))
        #expect(abs(errors[j + 1] / error - 1) < 1e-3)
      }
    }
    // Most that are drawn are fitted.
    #expect(drawn < 2 * done)
  }
}
