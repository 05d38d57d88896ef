package import BigInt
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// A holder's side of the inputs: walks the program in the order in which the ``Executor`` receives, and deals
/// this holder's part of every input column.
///
/// Padding rows have validity 0 and count as NULL. A cell without a value (NULL or padding) holds 0, or the end
/// of the input's range that is nearest to 0: every ring word is then within the range that the planner has
/// reasoned with.
///
/// In a padded table, padding is worked on like rows. What the holder computes of a row before it shares it (formulas,
/// digests of texts) it computes of padding too, and puts it aside. The time until its shares are there does not tell
/// how many rows it has.
package struct InputFeeder {
  /// One table as this holder has it.
  package struct HeldTable: Sendable {
    /// The declared shape.
    package var schema: TableSchema
    /// This holder's rows.
    package var data: TableData
    /// A table with this holder's rows.
    package init(schema: TableSchema, data: TableData) {
      self.schema = schema
      self.data = data
    }
  }

  private let program: LoweredProgram
  private let inputs: [Program.Input]
  private let shape: ExecutionShape
  private let holder: PartyIndex
  private let tables: [Int: HeldTable]
  /// By table, its rows and as many more as it is padded with.
  private let rows: [Int: TableData]
  private let digester: (any TextDigester)?

  /// - Parameters:
  ///   - inputs: of the program that `program` was lowered from.
  ///   - tables: by table of the program, those this holder contributes to.
  ///   - digester: the session's, the same at all holders; programs that share no digests of texts need none.
  package init(
    program: LoweredProgram, inputs: [Program.Input], shape: ExecutionShape, holder: PartyIndex,
    tables: [Int: HeldTable], digester: (any TextDigester)? = nil
  ) {
    self.program = program
    self.inputs = inputs
    self.shape = shape
    self.holder = holder
    self.tables = tables
    self.rows = tables.reduce(into: [:]) { rows, held in
      let count =
        shape.tables.indices.contains(held.key) ? Self.rowCount(of: holder, in: shape.tables[held.key]) : nil
      rows[held.key] = PaddedRows.filled(held.value.data, held.value.schema, to: count ?? 0)
    }
    self.digester = digester
  }

  /// Deals everything and flushes the mesh. Returns once all is queued; the computing parties' acknowledgement
  /// and the end after a failure are the session's business.
  package func feed(to dealer: any InputDealer, over mesh: any MessageLinks) throws(ParleyError) {
    for instruction in program.instructions where instruction.isInput {
      guard case .rows(let table) = instruction.length, shape.tables.indices.contains(table),
        let rowCount = Self.rowCount(of: holder, in: shape.tables[table])
      else { continue }
      let step = StepID.input(instruction: instruction.id, holder: holder)
      switch instruction.kind {
      case .inputArith(let input, _):
        let values = try column(input, table: table, rowCount: rowCount)
        try dealer.dealArith(values.map { UInt64(bitPattern: $0) }, step: step)
      case .inputPlanes(let input, let offset, let out):
        let values = try column(input, table: table, rowCount: rowCount)
        try dealer.dealPlanes(
          Self.planes(values, offset: offset, width: out.count), count: rowCount, step: step)
      default: break
      }
    }
    try mesh.flush()
  }

  private static func rowCount(of holder: PartyIndex, in parts: [ExecutionShape.Part]) -> Int? {
    parts.first { $0.holder == holder }?.rowCount
  }

  /// The integers of one input for all rows, padding included.
  private func column(_ index: Int, table: Int, rowCount: Int) throws(ParleyError) -> [Int64] {
    guard inputs.indices.contains(index), inputs[index].table.rawValue == table else {
      throw ParleyError(.invariant, "the program reads an input that it does not declare")
    }
    let input = inputs[index]
    guard let held = tables[table], let rows = rows[table] else {
      throw ParleyError(
        .init("data/missing-table"), "this holder contributes rows to table \(table) but has no data for it",
        remedy: "name a file for every table of the study that lists you as a holder")
    }
    let ownCount = held.data.rowCount
    guard ownCount <= rowCount else {
      throw ParleyError(
        .init("data/too-many-rows"), "table \(held.schema.name) has more rows than were agreed on",
        at: .init(item: held.schema.name), remedy: "raise the table's pad-to, or leave rows out")
    }
    let absent = input.role == .value ? Self.absentValue(of: input.sort) : 0
    var cells = try input.cells(of: rows, held.schema, absent: absent, digester: digester)
    guard cells.count == rowCount else {
      throw ParleyError(.invariant, "table \(held.schema.name) was padded to another number of rows")
    }
    // Padding is no row, and every value of it is NULL.
    let padding = input.role == .isNull ? 1 : absent
    for row in ownCount..<rowCount { cells[row] = padding }
    return cells
  }

  /// What a cell without a value holds.
  package static func absentValue(of sort: Program.Sort) -> Int64 {
    guard case .integer(let range) = sort, !range.contains(0) else { return 0 }
    return Int64(clamping: range.lower > 0 ? range.lower : range.upper)
  }

  /// The low `width` bits of value − offset for each value, packed 64 elements to a word.
  package static func planes(_ values: [Int64], offset: BigInt, width: Int) -> [[UInt64]] {
    let offset = Int128(truncatingIfNeeded: offset)
    let count = values.count
    let words = Kernels.words(forBits: count)
    var planes: [[UInt64]] = []
    // 64 planes at a time: the difference of two 64-bit numbers has 65 bits.
    for first in stride(from: 0, to: width, by: 64) {
      let part = min(64, width - first)
      let differences = Storage<UInt64>(uninitialized: count)
      for (row, value) in values.enumerated() {
        differences.pointer[row] = UInt64(truncatingIfNeeded: (Int128(value) &- offset) >> Int128(first))
      }
      let packed = Storage<UInt64>(uninitialized: part * words)
      let pointers = (0..<part).map { packed.pointer + $0 * words }
      Kernels.wordsToPlanes(UnsafePointer(differences.pointer), count: count, planes: pointers)
      planes += pointers.map { Array(UnsafeBufferPointer(start: $0, count: words)) }
    }
    return planes
  }
}
