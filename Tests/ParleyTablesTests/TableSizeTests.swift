import ParleyBase
import ParleyProgram
import ParleyTables
import Testing

@Suite struct TableSizeTests {
  /// 500 columns.
  private func wide() -> (tables: TableBuilder, table: SecretTable) {
    var tables = TableBuilder()
    let id = tables.builder.table(.init(name: "t", holders: ["h"], maximumRows: 100))
    let columns = (0..<500).map { number in
      TableColumn(
        name: "c\(number)", type: .integer,
        parts: [
          tables.builder.input(
            .init(table: id, column: "c\(number)", role: .value, sort: .integer(Interval(0...9))))
        ])
    }
    return (tables, SecretTable(columns: columns, isValid: nil, shape: .rows(id)))
  }

  /// An operator that puts many columns in many orders is refused where the program gets too large, and not when it is made.
  @Test func manyOrdersOfManyColumnsAreRefused() throws {
    var (tables, table) = wide()
    let columns = table.columns
    let error = #expect(throws: ParleyError.self) {
      for column in columns.indices { _ = try tables.sorted(table, by: [.init(column: column)]) }
    }
    #expect(error?.code.rawValue == "plan/too-large")
    let count = tables.builder.program.nodes.count
    #expect(count > ProgramBuilder.mostNodes && count < ProgramBuilder.mostNodes + 2 * columns.count)
    // Done here: split the study: fewer statistics, conditions, keys or joins in each
    #expect(error?.remedy == "split the study: fewer statistics, conditions, keys or joins in each")
    for first in stride(from: 0, to: columns.count, by: 50) {
      (tables, table) = wide()
      for column in first..<first + 50 { _ = try tables.sorted(table, by: [.init(column: column)]) }
    }
  }
}
