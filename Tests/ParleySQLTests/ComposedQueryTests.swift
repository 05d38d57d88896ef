import Foundation
import ParleyBase
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Deeply composed queries are planned or refused with an error that says how to go on: never a trap, a hang or an error that
/// is a fault of Parley. `PARLEY_SQL_COMPOSED` in the environment says how many, and `PARLEY_SQL_SEED` where they begin.
@Suite struct ComposedQueryTests {
  private static func number(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  private static func plan(_ text: String, minimum: Int) throws(ParleyError) -> Program {
    let rules = ReleaseRules(minimumCell: minimum, recipients: ["h"], allowsRowRelease: true)
    return try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: ComposedQuery.tables, rules: rules)
  }

  @Test(.timeLimit(.minutes(10))) func composedQueries() {
    let seed = Self.number("PARLEY_SQL_SEED", 6_000_000)
    let count = RelationalDifferentialTests.count("PARLEY_SQL_COMPOSED", 300)
    var planned = 0
    var codes: [String: Int] = [:]
    var slowest: (time: Duration, seed: Int) = (.zero, 0)
    for number in seed..<seed + count {
      let query = ComposedQuery(seed: UInt64(number))
      let start = ContinuousClock.now
      do throws(ParleyError) {
        let program = try Self.plan(query.text, minimum: number % 8 == 0 ? 5 : 0)
        if number % 4 == 0 { _ = try Lowering.lower(program, for: ReplicatedFamily(UInt64.self).descriptor) }
        planned += 1
      } catch {
        codes[error.code.rawValue, default: 0] += 1
        let isOwn = ["sql", "plan"].contains(error.code.category)
        #expect(isOwn && error.remedy?.isEmpty == false, "seed \(number): \(error)\n\(query.text)")
      }
      let time = ContinuousClock.now - start
      if time > slowest.time { slowest = (time, number) }
    }
    print(
      "composed queries: \(planned) of \(count) planned, the slowest of seed \(slowest.seed) in \(slowest.time)")
    print(codes.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    #expect(planned * 5 > count, "\(planned) of \(count) planned: \(codes)")
    #expect(planned * 10 < count * 9, "\(planned) of \(count) planned")
  }
}
