import ParleyProgram
import ParleyTables
import Testing

@Suite struct TableSelectionTests {
  @Test func whatIsKnownFollowsTheColumns() {
    let node = Program.NodeID(rawValue: 0)
    let column = TableColumn(name: "c", type: .integer, parts: [node])
    var table = SecretTable(columns: [column, column, column], isValid: nil, shape: .scalar)
    table.uniqueKeys = [[0], [1, 2]]
    table.dependencies = [Dependency(from: [1], to: [0, 2])]
    let selected = table.selecting([2, 1, 2])
    #expect(selected.uniqueKeys == [[0, 1]])
    #expect(selected.dependencies == [Dependency(from: [1], to: [0, 2])])
  }
}
