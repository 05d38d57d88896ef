package import BigInt
public import ParleyBase
package import ParleyProgram

/// A unit of work that `parley bench` measures, as an ordinary program: what is timed is what users run.
public struct BenchScenario: Sendable {
  /// What is measured, by the name that `parley bench` takes.
  public enum Name: String, CaseIterable, Sendable {
    /// Products of ring words, one after the other; comparisons `<` of values of 63 bits.
    case multiply, compare
    /// Comparisons `<` of values of 64 bits.
    case compareFull = "compare-full"
    /// Tests for equality; one product of two square matrices; integer quotients; shifts to the right by 20 bits.
    case equal, matmul, divide, truncate
    /// A sort of keys of 64 bits, or of as many as `keyBits` says, that carry nothing.
    case sort
    /// A sort of such keys with four columns of payload.
    case sortPayload = "sort-payload"
    /// A shuffle of rows with a word and a column of 64 bits; sums and largest values by a secret key of 16 bits.
    case shuffle, groupby

    /// Whether it takes `keyBits`.
    package var isSort: Bool { [.sort, .sortPayload].contains(self) }
    var isOverRows: Bool { [.sort, .sortPayload, .shuffle, .groupby].contains(self) }
  }
  /// Which scenario.
  public var name: Name
  /// Elements of a column; of ``Name/matmul``, rows of each square matrix.
  public var size: Int
  /// Products one after the other, 1 to 1000; only ``Name/multiply`` has more than one layer.
  public var depth: Int
  /// What is computed.
  package var program: Program
  /// How it is lowered.
  package var options: LoweringOptions
  /// The one table.
  package var schema: TableSchema
  /// Its random rows.
  package var data: TableData
  /// The integers that must be opened.
  package var expected: [BigInt]

  /// Builds the program, random inputs and the expected result.
  ///
  /// - Parameters:
  ///   - name: the scenario.
  ///   - size: elements, 1 to 67,108,864; for `matmul` the side of the square matrices.
  ///   - depth: dependent layers of `multiply`, 1 to 1000.
  ///   - keyBits: of `sort` and `sort-payload`, 1 to 64; 64 if nil.
  ///   - seed: of the inputs, which are the same for the same seed.
  /// - Throws: `usage/arguments` for sizes out of these ranges, and for key bits of another scenario.
  public init(
    _ name: Name, size: Int, depth: Int, keyBits: Int? = nil, seed: UInt64
  ) throws(ParleyError) {
    guard keyBits == nil || name.isSort && (1...64).contains(keyBits ?? 0) else {
      throw ParleyError(
        .usage, "--key-bits is 1 to 64, for sort and sort-payload",
        remedy: "choose another number, or leave it out")
    }
    guard size >= 1, depth >= 1, depth <= 1000, size <= 1 << 26 else {
      throw ParleyError(
        .usage, "--size must be 1 to 67108864 and --depth 1 to 1000", remedy: "choose smaller numbers")
    }
    self.name = name
    self.size = size
    self.depth = depth
    var random = InsecureSplitMix(seed: seed)
    let rows = name == .matmul ? size * size : size
    var ranges = Self.ranges(name, depth: depth)
    if let keyBits, keyBits < 64 { ranges[0] = 0...Int64(UInt64(1) << UInt64(keyBits) - 1) }
    schema = TableSchema(
      name: "bench",
      columns: ranges.enumerated().map { .init(name: "c\($0)", type: .integer($1), isNullable: false) },
      holders: ["P0"], maximumRows: rows)
    data = TableData(
      rowCount: rows,
      columns: ranges.map { range in
        .init(values: (0..<rows).map { _ in Int64.random(in: range, using: &random) }, isNull: [])
      })
    if name == .equal {
      for row in stride(from: 0, to: rows, by: 2) { data.columns[1].values[row] = data.columns[0].values[row] }
    }
    // The entries of a matrix are the rows of the table, row by row.
    options = LoweringOptions(
      inputForm: name.isOverRows ? .planned : .arithmetic, divisionRadix: 1, insecureUncheckedInputs: true)
    program = try Self.program(name, schema: schema, ranges: ranges, size: size, depth: depth)
    expected = Self.expected(name, data, size: size, depth: depth)
  }

  private static func ranges(_ name: Name, depth: Int) -> [ClosedRange<Int64>] {
    switch name {
    // Products of ±1 stay in range at any depth; the ring does the same work for them as for any word.
    case .multiply: [-1...1, -1...1]
    case .compare, .equal: Array(repeating: -(1 << 62) + 1...(1 << 62) - 1, count: 2)
    case .compareFull: Array(repeating: .min ... .max, count: 2)
    case .matmul: Array(repeating: -1000...1000, count: 2)
    case .divide: [0...(1 << 40), 1...(1 << 20)]
    case .truncate: [-(1 << 61)...(1 << 61) - 1]
    case .sort: [.min ... .max]
    case .sortPayload: [.min ... .max] + Array(repeating: -(1 << 31)...(1 << 31) - 1, count: 4)
    case .shuffle: [-(1 << 31)...(1 << 31) - 1, .min ... .max]
    case .groupby: [0...(1 << 16) - 1, -1000...1000]
    }
  }

  private static func program(
    _ name: Name, schema: TableSchema, ranges: [ClosedRange<Int64>], size: Int, depth: Int
  ) throws(ParleyError) -> Program {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: schema.name, holders: schema.holders, maximumRows: schema.maximumRows))
    let columns = schema.columns.indices.map { index in
      builder.input(
        .init(
          table: table, column: schema.columns[index].name, role: .value,
          sort: .integer(Interval(BigInt(ranges[index].lowerBound), BigInt(ranges[index].upperBound)))))
    }
    let result: Program.NodeID
    switch name {
    case .multiply:
      var product = columns[0]
      for _ in 0..<depth { product = try builder.multiply(product, columns[1]) }
      result = try builder.sum(product)
    case .compare, .compareFull: result = try builder.sum(try builder.compare(.less, columns[0], columns[1]))
    case .equal: result = try builder.sum(try builder.compare(.equal, columns[0], columns[1]))
    case .matmul:
      result = try builder.sum(
        try builder.matrixProduct(columns[0], columns[1], rows: size, inner: size, columns: size))
    case .divide: result = try builder.sum(try builder.quotient(columns[0], columns[1]))
    case .truncate: result = try builder.sum(try builder.truncate(columns[0], bits: 20))
    case .sort, .sortPayload, .shuffle, .groupby: result = try Self.rows(name, columns, &builder)
    }
    _ = builder.disclose(
      .init(
        name: "checksum", node: result, recipients: ["P0"], meaning: .statistic, explanation: "sum of the results")
    )
    return builder.program
  }

  private static func expected(_ name: Name, _ data: TableData, size: Int, depth: Int) -> [BigInt] {
    let a = data.columns[0].values
    let b = data.columns.count > 1 ? data.columns[1].values : a
    func sum(_ term: (Int) -> Int64) -> [BigInt] {
      [a.indices.reduce(BigInt(0)) { $0 + BigInt(term($1)) }]
    }
    switch name {
    case .multiply: return sum { a[$0] * (depth % 2 == 1 ? b[$0] : b[$0] * b[$0]) }
    case .compare, .compareFull: return sum { a[$0] < b[$0] ? 1 : 0 }
    case .equal: return sum { a[$0] == b[$0] ? 1 : 0 }
    case .divide: return sum { a[$0] / b[$0] }
    case .truncate: return sum { a[$0] >> 20 }
    case .sort, .sortPayload, .shuffle, .groupby: return expectedRows(name, data)
    case .matmul:
      // The sum of all entries of AB is (column sums of A) · (row sums of B).
      var total = BigInt(0)
      for k in 0..<size {
        let column = (0..<size).reduce(Int64(0)) { $0 + a[$1 * size + k] }
        let row = (0..<size).reduce(Int64(0)) { $0 + b[k * size + $1] }
        total += BigInt(column) * BigInt(row)
      }
      return [total]
    }
  }
}
