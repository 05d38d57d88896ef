import ParleyBase
import ParleyProgram
import ParleyTables
import Testing

@Suite struct TableSizeTests {
  /// An operator that puts many columns in many orders is refused where the program gets too large, and not when it is made.
  @Test func manyOrdersOfManyColumnsAreRefused() throws {
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
    let table = SecretTable(columns: columns, isValid: nil, shape: .rows(id))
    let error = #expect(throws: ParleyError.self) {
      for column in columns.indices { _ = try tables.sorted(table, by: [.init(column: column)]) }
    }
    #expect(error?.code.rawValue == "plan/too-large")
    let count = tables.builder.program.nodes.count
    #expect(count > ProgramBuilder.mostNodes && count < ProgramBuilder.mostNodes + 2 * columns.count)
  }
}
