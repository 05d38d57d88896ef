import ParleyBase
import Testing

/// A study says that every patient has one row, and inside it is found that this is not so.
@Suite struct UniqueRowTests {
  // Done here: has one row; or analyse another table, which has one row for each
  @Test func doubledRowsAreCorrected() throws {
    let text = AnalysisWorld.text(
      "  - {name: ranks, kind: compare, table: people, outcome: age, by: smoker, test: kruskal}",
      columns: [
        "{name: id, type: int, range: [0, 99]}", "{name: age, type: int, range: [0, 120]}",
        "{name: smoker, type: bool}",
      ], minimum: 5, table: "protect: {column: id, unit: patient}\n    unique: [[id]]")
    func results(_ ids: [Int]) throws -> Int {
      let rows = ids.enumerated().map { place, id in ["\(id)", "\(20 + 7 * place % 61)", "\(place % 2)"] }
      return try AnalysisWorld(text, rows: rows, south: []).results().count
    }
    let once = Array(0..<40)
    #expect(try results(once) > 0)
    let error = try #require(throws: ParleyError.self) { try results(once.dropLast() + [3]) }
    #expect(error.code.rawValue == "data/requirement", "\(error)")
    #expect(error.remedy?.contains("correct the data, so that every 'id' has one row") == true, "\(error)")
    // In a table of its own that has one row for each, the same are analysed.
    #expect(try results(Array(once.prefix(39))) > 0)
  }
}
