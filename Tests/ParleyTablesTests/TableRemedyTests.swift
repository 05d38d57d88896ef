import ParleyBase
import ParleyProgram
import ParleyTables
import Testing

/// What is advised about operators on tables has been done here, and then they are built.
@Suite struct TableRemedyTests {
  /// Of more pairs of rows than are crossed without a bound.
  @Test func joinsOnKeysThatRepeat() throws {
    func join(on column: Int, _ unique: JoinUniqueness) throws {
      var tables = TableBuilder()
      let columns: [Sample.Column] = [.init(name: "k", range: 0...9), .init(name: "id", range: 0...9999)]
      let sides = ["l", "r"].map {
        Sample(name: $0, columns: columns, rows: [], maximumRows: 1000).table(in: &tables)
      }
      _ = try tables.join(
        sides[0], sides[1], on: [(left: column, right: column)], kind: .inner, unique: unique)
    }
    let error = try #require(throws: ParleyError.self) { try join(on: 0, .neither(bound: nil)) }
    #expect(error.code.rawValue == "plan/join-bound", "\(error)")
    #expect(
      error.remedy == "declare a bound on its rows, or join on a column whose values differ from row to row")
    try join(on: 0, .neither(bound: 2000))
    try join(on: 1, .right)
  }
}
