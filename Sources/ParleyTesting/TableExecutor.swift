package import BigInt
internal import ParleyBase
package import ParleyEngine
package import ParleyProgram
internal import ParleyRuntime

/// Runs programs over tables of holders with all parties of a protocol in this process.
package enum TableExecutor {
  /// Runs a program on rows by table, then holder, and gives its results.
  package typealias Run = @Sendable (Program, [TableSchema], [String: [TableData]]) throws -> [DecodedTable]

  /// A program lowered for a protocol, with the rows of its holders. Holders deal and do not compute; the first computing
  /// party is the recipient.
  package static func job<F: EngineFamily>(
    _ family: F, _ program: Program, _ schemas: [TableSchema], _ data: [String: [TableData]],
    options: LoweringOptions = .init()
  ) throws -> (run: ProgramRun, holders: Int) {
    let lowered = try Lowering.lower(program, for: family.descriptor, options: options)
    var tables: [PartyIndex: [Int: InputFeeder.HeldTable]] = [:]
    var shapes: [[ExecutionShape.Part]] = []
    var next = family.computing
    for (index, table) in program.tables.enumerated() {
      guard let schema = schemas.first(where: { $0.name == table.name }) else {
        throw ParleyError(.invariant, "table '\(table.name)' has no schema")
      }
      var parts: [ExecutionShape.Part] = []
      for rows in data[table.name] ?? [] {
        let holder = PartyIndex(next)
        next += 1
        tables[holder] = [index: InputFeeder.HeldTable(schema: schema, data: rows)]
        parts.append(.init(holder: holder, rowCount: max(rows.rowCount, schema.padTo ?? 0)))
      }
      shapes.append(parts)
    }
    let run = ProgramRun(
      program: lowered, inputs: program.inputs, shape: ExecutionShape(tables: shapes),
      recipients: program.disclosures.map { _ in [PartyIndex(0)] }, tables: tables)
    return (run, next - family.computing)
  }

  /// Runs programs with all parties of a protocol in this process.
  package static func executor<F: EngineFamily>(
    _ family: F, options: LoweringOptions = .init(), seed: UInt64
  ) -> Run {
    { program, schemas, data in
      let (run, holders) = try job(family, program, schemas, data, options: options)
      let outcome = try TestWorld(family, outsiders: holders, seed: seed).run(run)
      return try tables(of: program, opened: outcome.values[0])
    }
  }

  /// What a recipient makes of the values it received, by disclosure.
  package static func tables(of program: Program, opened values: [Int: ClearValues]) throws -> [DecodedTable] {
    var opened: [Program.DisclosureID: [BigInt]] = [:]
    for (index, values) in values {
      let id = Program.DisclosureID(rawValue: index)
      opened[id] = values.integers(of: program[program[id].node].type)
    }
    return try DecodedTable.decode(program, opened: opened)
  }
}

extension ClearValues {
  /// What was opened, as integers. Words are signed; planes are two's complement where the range reaches below 0, else
  /// unsigned.
  package func integers(of type: Program.ValueType) -> [BigInt] {
    switch self {
    case .words(let words): return words.map { BigInt(Int64(bitPattern: $0)) }
    case .planes(let planes, let count):
      let isSigned = type.range.lower < 0
      return (0..<count).map { element in
        var value = BigInt(0)
        for (bit, plane) in planes.enumerated() where plane[element / 64] >> UInt64(element % 64) & 1 == 1 {
          let weight = BigInt(1) << bit
          value += isSigned && bit == planes.count - 1 ? -weight : weight
        }
        return value
      }
    }
  }
}
