package import BigInt
package import ParleyBase
package import ParleyProgram
package import ParleyRuntime

/// What three benchmark parties run: a program, and the rows that each of them deals before the clock starts. All results
/// go to the first party.
package struct BenchWork: Sendable {
  /// What is computed.
  package var program: Program
  /// How it is lowered.
  package var options: LoweringOptions
  /// The schemas, by table of the program.
  package var schemas: [TableSchema]
  /// Rows by table and holder.
  package var shape: ExecutionShape
  /// Rows that are held, by party and then by table.
  package var held: [PartyIndex: [Int: TableData]]
  /// What a disclosure must open; nil where it is compared with another run.
  package var expected: [BigInt]?
  /// The number of that disclosure.
  package var expectedOf: Int

  /// - Parameter held: by party, a part of every table; the holders of all tables are the first `held.count` parties.
  package init(
    program: Program, options: LoweringOptions, schemas: [TableSchema], held: [[TableData]],
    expected: [BigInt]? = nil, expectedOf: Int = 0
  ) {
    self.program = program
    self.options = options
    self.schemas = schemas
    self.expected = expected
    self.expectedOf = expectedOf
    shape = ExecutionShape(
      tables: schemas.indices.map { table in
        held.enumerated().map { .init(holder: PartyIndex($0), rowCount: $1[table].rowCount) }
      })
    self.held = Dictionary(
      uniqueKeysWithValues: held.enumerated().map { party, tables in
        (PartyIndex(party), Dictionary(uniqueKeysWithValues: tables.enumerated().map { ($0, $1) }))
      })
  }

  /// The program as instructions of a protocol.
  package func lowered(for suite: ProtocolSuite) throws(ParleyError) -> LoweredProgram {
    try DeepLowering.lower(program, for: suite.descriptor, options: options)
  }
}

extension BenchScenario {
  /// The scenario with all rows at the first party.
  package var work: BenchWork {
    BenchWork(program: program, options: options, schemas: [schema], held: [[data]], expected: expected)
  }
}
