internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// Scenarios over whole columns. What is opened is a few rows or a sum of the result: enough to see that it is right.
extension BenchScenario {
  private static let shown = 8

  static func rows(
    _ name: Name, _ columns: [Program.NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    switch name {
    case .sort: return try builder.prefix(try builder.sort(by: [.init(columns[0])], columns)[0], count: shown)
    case .sortPayload:
      // The payload of the first rows, and all of it used.
      let sorted = try builder.sort(by: [.init(columns[0])], columns)
      var sum = sorted[1]
      for column in sorted[2...] { sum = try builder.add(sum, column) }
      return try builder.prefix(sum, count: shown)
    case .shuffle:
      let shuffled = try builder.shuffle(columns)
      // The bits have to go through as well: the second column's sign counts.
      let isNegative = try builder.compare(.less, shuffled[1], builder.constant(0))
      return try builder.add(try builder.sum(shuffled[0]), try builder.sum(isNegative))
    default:
      let sorted = try builder.sort(by: [.init(columns[0])], columns)
      let begins = try builder.not(
        try builder.compare(.equal, sorted[0], try builder.shift(sorted[0], by: 1)))
      let groups = try builder.scan([.init(.sum, sorted[1]), .init(.maximum, sorted[1])], restart: begins)
      let ends = try builder.shift(begins, by: -1)
      let value = try builder.add(groups[0], groups[1])
      return try builder.sum(try builder.select(ends, value, builder.constant(0)))
    }
  }

  static func expectedRows(_ name: Name, _ data: TableData) -> [BigInt] {
    let columns = data.columns.map(\.values)
    switch name {
    case .sort: return columns[0].sorted().prefix(shown).map { BigInt($0) }
    case .sortPayload:
      let order = columns[0].indices.sorted { (columns[0][$0], $0) < (columns[0][$1], $1) }
      return order.prefix(shown).map { row in columns[1...].reduce(BigInt(0)) { $0 + BigInt($1[row]) } }
    case .shuffle:
      return [columns[0].reduce(BigInt(0)) { $0 + BigInt($1) } + BigInt(columns[1].count { $0 < 0 })]
    default:
      var groups: [Int64: (sum: Int64, largest: Int64)] = [:]
      for (key, value) in zip(columns[0], columns[1]) {
        let group = groups[key] ?? (0, .min)
        groups[key] = (group.sum + value, max(group.largest, value))
      }
      // The last row of the table does not see that its group ends: the shift brings in a 0.
      if let last = columns[0].max() { groups[last] = nil }
      return [groups.values.reduce(BigInt(0)) { $0 + BigInt($1.sum + $1.largest) }]
    }
  }
}
